# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers, compiler cache and linker.
add_library(kindred_flags INTERFACE)
target_compile_options(kindred_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow=local -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 sees overlaps and overflows in "text" + std::string that are not there (its bug 105651).
  target_compile_options(kindred_flags INTERFACE -Wno-restrict -Wno-stringop-overflow)
endif()
if(KINDRED_WERROR)
  target_compile_options(kindred_flags INTERFACE -Werror)
endif()
# Optimised as far as it pays: the arithmetic is in LibTorch and in kernels/, which asks for -O3 itself.
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
if(KINDRED_SANITIZE)
  # vptr needs type information that LibTorch keeps to itself.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# No ccache: it would hash the precompiled headers (half a gigabyte) for every file.
find_program(KINDRED_MOLD mold)
if(KINDRED_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS link=1)
set(CMAKE_JOB_POOL_LINK link)

# Programs as libraries: a precompiled header made with -fPIC is refused under -fPIE.
set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)
