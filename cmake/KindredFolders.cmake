# SPDX-License-Identifier: Apache-2.0
# One static library per folder of kindred/, so that a change rebuilds and relinks little and a folder can be tested
# with only the folders below it. The installed library is one archive made of all of them (KindredInstall).

# The precompiled header: torch/torch.h once, reused by every folder that sees torch.
add_library(kindred_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch.cpp)
target_link_libraries(kindred_pch PRIVATE kindred_engine kindred_flags)
target_precompile_headers(kindred_pch PRIVATE <torch/torch.h>)

define_property(GLOBAL PROPERTY KINDRED_FOLDER_TARGETS BRIEF_DOCS "all folder libraries" FULL_DOCS "all folder libraries")

# kindred_folder(NAME [NO_TORCH] SOURCES ... [BELOW folder...] [LIBS target...])
function(kindred_folder name)
  cmake_parse_arguments(arg "NO_TORCH" "" "SOURCES;BELOW;LIBS" ${ARGN})
  set(target kindred_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${target} PRIVATE kindred_flags)
  foreach(below ${arg_BELOW})
    target_link_libraries(${target} PUBLIC kindred_${below})
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_LIBS})
  if(NOT arg_NO_TORCH)
    target_link_libraries(${target} PUBLIC kindred_engine)
    target_precompile_headers(${target} REUSE_FROM kindred_pch)
  endif()
  set_property(GLOBAL APPEND PROPERTY KINDRED_FOLDER_TARGETS ${target})
endfunction()

# kindred_tests(NAME [NO_TORCH] SOURCES ... [BELOW folder...] [LIBS target...]): one test binary test_NAME.
function(kindred_tests name)
  cmake_parse_arguments(arg "NO_TORCH" "" "SOURCES;BELOW;LIBS" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE kindred_flags)
  foreach(below ${arg_BELOW})
    target_link_libraries(${target} PRIVATE kindred_${below})
  endforeach()
  target_link_libraries(${target} PRIVATE ${arg_LIBS} kindred_test_support GTest::gmock)
  if(NOT arg_NO_TORCH)
    target_link_libraries(${target} PRIVATE kindred_engine)
    target_precompile_headers(${target} REUSE_FROM kindred_pch)
  endif()
  add_test(NAME ${name} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 900)
endfunction()
