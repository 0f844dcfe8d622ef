# SPDX-License-Identifier: Apache-2.0
# kindred_engine: LibTorch 1.13 (Debian 12) up to today's 2.x. Used by the build and by the installed package.
#
# The include and lib folders are taken directly instead of through TorchConfig.cmake: that file refuses a CUDA build
# on a machine without the CUDA toolkit, although the CPU part needs none of it. libtorch.so itself is left out for the
# same reason: it is an empty shell that drags in libtorch_cuda.so; KINDRED_CUDA links both.
# OpenMP is not optional: without -fopenmp at::parallel_for, a template in LibTorch's headers, is a serial loop.
if(KINDRED_TORCH)
  set(engine_include ${KINDRED_TORCH}/include)
  set(engine_hints HINTS ${KINDRED_TORCH}/lib NO_DEFAULT_PATH)
else()
  find_path(engine_include torch/csrc/api/include/torch/torch.h REQUIRED)
  set(engine_hints)
endif()
find_library(engine_torch_cpu torch_cpu ${engine_hints} REQUIRED)
find_library(engine_c10 c10 ${engine_hints} REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)

add_library(kindred_engine INTERFACE)
target_include_directories(kindred_engine SYSTEM INTERFACE ${engine_include}/torch/csrc/api/include ${engine_include})
# A GPU build's libraries name CUDA symbols that nothing here calls.
target_link_options(kindred_engine INTERFACE LINKER:--allow-shlib-undefined)
target_link_libraries(kindred_engine INTERFACE ${engine_torch_cpu} ${engine_c10} OpenMP::OpenMP_CXX)
if(KINDRED_CUDA)
  find_library(engine_torch torch ${engine_hints} REQUIRED)
  target_link_libraries(kindred_engine INTERFACE -Wl,--push-state,--no-as-needed ${engine_torch} -Wl,--pop-state)
endif()
if(KINDRED_TORCH)
  list(APPEND CMAKE_BUILD_RPATH ${KINDRED_TORCH}/lib)
  list(APPEND CMAKE_INSTALL_RPATH ${KINDRED_TORCH}/lib)
endif()

# 1.13 has the numbers in the first of these headers, 2.x in the second.
set(KINDRED_TORCH_VERSION "")
foreach(header torch/csrc/api/include/torch/version.h torch/headeronly/version.h)
  if(NOT KINDRED_TORCH_VERSION AND EXISTS ${engine_include}/${header})
    file(STRINGS ${engine_include}/${header} lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX MATCHALL "[0-9]+" KINDRED_TORCH_VERSION "${lines}")
    list(JOIN KINDRED_TORCH_VERSION "." KINDRED_TORCH_VERSION)
  endif()
endforeach()
message(STATUS "LibTorch ${KINDRED_TORCH_VERSION} in ${engine_include}")
