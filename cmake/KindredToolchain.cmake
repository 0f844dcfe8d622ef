# SPDX-License-Identifier: Apache-2.0
# Warnings, sanitizers, compiler cache and linker.
add_library(kindred_flags INTERFACE)
target_compile_options(kindred_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow=local -Wnon-virtual-dtor)
if(KINDRED_WERROR)
  target_compile_options(kindred_flags INTERFACE -Werror)
endif()
if(KINDRED_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(KINDRED_CCACHE ccache)
if(KINDRED_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache needs these two words to work beside a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${KINDRED_CCACHE})
endif()
find_program(KINDRED_MOLD mold)
if(KINDRED_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS link=1)
set(CMAKE_JOB_POOL_LINK link)
