# SPDX-License-Identifier: Apache-2.0
# kindred::engine: LibTorch 1.13 (Debian 12) up to today's 2.x.
#
# The include and lib folders are taken directly instead of through TorchConfig.cmake: that file refuses a CUDA build
# on a machine without the CUDA toolkit, although the CPU part needs none of it.
if(KINDRED_TORCH)
  set(engine_include ${KINDRED_TORCH}/include)
  set(engine_hints HINTS ${KINDRED_TORCH}/lib NO_DEFAULT_PATH)
else()
  find_path(engine_include torch/csrc/api/include/torch/torch.h REQUIRED)
  set(engine_hints)
endif()
find_file(engine_version_header torch/csrc/api/include/torch/version.h HINTS ${engine_include} NO_DEFAULT_PATH REQUIRED)
find_library(engine_torch torch ${engine_hints} REQUIRED)
find_library(engine_torch_cpu torch_cpu ${engine_hints} REQUIRED)
find_library(engine_c10 c10 ${engine_hints} REQUIRED)

add_library(kindred_engine INTERFACE)
add_library(kindred::engine ALIAS kindred_engine)
target_include_directories(kindred_engine SYSTEM INTERFACE
  $<BUILD_INTERFACE:${engine_include}/torch/csrc/api/include> $<BUILD_INTERFACE:${engine_include}>)
# A GPU build's libraries name CUDA symbols that nothing here calls.
target_link_options(kindred_engine INTERFACE LINKER:--allow-shlib-undefined)
target_link_libraries(kindred_engine INTERFACE ${engine_torch} ${engine_torch_cpu} ${engine_c10})
if(KINDRED_TORCH)
  list(APPEND CMAKE_BUILD_RPATH ${KINDRED_TORCH}/lib)
endif()

set(KINDRED_TORCH_VERSION "")
foreach(part MAJOR MINOR PATCH)
  file(STRINGS ${engine_version_header} line REGEX "define TORCH_VERSION_${part} ")
  string(REGEX MATCH "[0-9]+" number "${line}")
  list(APPEND KINDRED_TORCH_VERSION ${number})
endforeach()
list(JOIN KINDRED_TORCH_VERSION "." KINDRED_TORCH_VERSION)
message(STATUS "LibTorch ${KINDRED_TORCH_VERSION} in ${engine_include}")
