# SPDX-License-Identifier: Apache-2.0
# One static library per folder of kindred/, so that a change rebuilds and relinks little and a folder can be tested
# with only the folders below it. The installed library is one archive made of all of them (KindredInstall).

# Two precompiled headers. Most folders need tensors only; the smaller one loads three times as fast.
#   ATEN      <ATen/ATen.h>                     losses, eval, views
#   (default) modules of torch/nn on top of it  nn, optim, methods, train, cli
add_library(kindred_pch_aten OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch.cpp)
target_link_libraries(kindred_pch_aten PRIVATE kindred_engine kindred_flags)
target_precompile_headers(kindred_pch_aten PRIVATE <ATen/ATen.h> <sstream> <string> <vector>)

add_library(kindred_pch_nn OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch.cpp)
target_link_libraries(kindred_pch_nn PRIVATE kindred_engine kindred_flags)
target_precompile_headers(kindred_pch_nn PRIVATE <torch/nn/module.h> <ATen/ATen.h> <torch/nn/modules/batchnorm.h>
  <torch/nn/modules/conv.h> <torch/nn/modules/linear.h> <torch/nn/modules/container/sequential.h>)

# UNITY folders are compiled about ten files at a time (KINDRED_UNITY): reading the headers costs more than the code, and
# a full build is three times as fast. Names in anonymous namespaces must differ within such a folder.
option(KINDRED_UNITY "compile several files at once where a folder allows it" ON)
function(kindred_unity target wanted)
  if(wanted AND KINDRED_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # takes the included sources for headers
  endif()
endfunction()

define_property(GLOBAL PROPERTY KINDRED_FOLDER_TARGETS BRIEF_DOCS "all folder libraries" FULL_DOCS "all folder libraries")

# kindred_folder(NAME [NO_TORCH|ATEN] [UNITY] SOURCES ... [BELOW folder...] [LIBS target...])
function(kindred_folder name)
  cmake_parse_arguments(arg "NO_TORCH;ATEN;UNITY" "" "SOURCES;BELOW;LIBS" ${ARGN})
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
    if(arg_ATEN)
      target_precompile_headers(${target} REUSE_FROM kindred_pch_aten)
    else()
      target_precompile_headers(${target} REUSE_FROM kindred_pch_nn)
    endif()
  endif()
  kindred_unity(${target} "${arg_UNITY}")
  set_property(GLOBAL APPEND PROPERTY KINDRED_FOLDER_TARGETS ${target})
endfunction()

# ctest runs several binaries side by side, so each keeps to one thread; a test of threads asks for more itself.
set(KINDRED_TEST_ENVIRONMENT OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1)

# kindred_tests(NAME [NO_TORCH|ATEN] [UNITY] SOURCES ... [BELOW folder...] [LIBS target...]): one test binary test_NAME.
function(kindred_tests name)
  cmake_parse_arguments(arg "NO_TORCH;ATEN;UNITY" "" "SOURCES;BELOW;LIBS" ${ARGN})
  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE kindred_flags)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    target_compile_options(${target} PRIVATE -O1)  # tests are compiled more often than they are run
  endif()
  foreach(below ${arg_BELOW})
    target_link_libraries(${target} PRIVATE kindred_${below})
  endforeach()
  target_link_libraries(${target} PRIVATE ${arg_LIBS} kindred_test_support GTest::gmock)
  if(NOT arg_NO_TORCH)
    target_link_libraries(${target} PRIVATE kindred_engine)
    if(arg_ATEN)
      target_precompile_headers(${target} REUSE_FROM kindred_pch_aten)
    else()
      target_precompile_headers(${target} REUSE_FROM kindred_pch_nn)
    endif()
  endif()
  kindred_unity(${target} "${arg_UNITY}")
  add_test(NAME ${name} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT "${KINDRED_TEST_ENVIRONMENT}")
endfunction()
