# SPDX-License-Identifier: Apache-2.0
# cmake --install: one static archive libkindred.a of every folder but cli, the headers, the package for
# find_package(kindred) with target kindred::kindred, the program and its shell completions, libkindred_ops.so.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(folder_targets GLOBAL PROPERTY KINDRED_FOLDER_TARGETS)
list(REMOVE_ITEM folder_targets kindred_cli)
add_library(kindred_archive STATIC)
set_target_properties(kindred_archive PROPERTIES OUTPUT_NAME kindred EXPORT_NAME kindred LINKER_LANGUAGE CXX)
foreach(target ${folder_targets})
  target_sources(kindred_archive PRIVATE $<TARGET_OBJECTS:${target}>)
endforeach()
target_compile_features(kindred_archive INTERFACE cxx_std_20)
target_include_directories(kindred_archive INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# What the archive's objects call. kindredConfig.cmake.in finds the same.
target_link_libraries(kindred_archive
  PUBLIC $<INSTALL_INTERFACE:kindred::engine> nlohmann_json::nlohmann_json
  PRIVATE hwy::hwy JPEG::JPEG PNG::PNG WebP::webp ZLIB::ZLIB Threads::Threads tomlplusplus::tomlplusplus ${CMAKE_DL_LIBS})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/kindred)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/kindredConfig.cmake.in ${PROJECT_BINARY_DIR}/kindredConfig.cmake
  INSTALL_DESTINATION ${package_folder})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/kindredConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(TARGETS kindred_archive EXPORT kindredTargets)
install(EXPORT kindredTargets NAMESPACE kindred:: DESTINATION ${package_folder})
install(FILES ${PROJECT_BINARY_DIR}/kindredConfig.cmake ${PROJECT_BINARY_DIR}/kindredConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/KindredEngine.cmake ${CMAKE_CURRENT_LIST_DIR}/FindWebP.cmake DESTINATION ${package_folder})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/kindred DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN cli EXCLUDE)

install(TARGETS kindred_program kindred_ops_library)
foreach(shell_file bash:bash-completion/completions/kindred zsh:zsh/site-functions/_kindred
        fish:fish/vendor_completions.d/kindred.fish)
  string(REPLACE ":" ";" parts ${shell_file})
  list(GET parts 0 shell)
  list(GET parts 1 file)
  set(written ${PROJECT_BINARY_DIR}/completions/${shell})
  install(CODE "
    file(MAKE_DIRECTORY \"${PROJECT_BINARY_DIR}/completions\")
    execute_process(COMMAND \"$<TARGET_FILE:kindred_program>\" completion ${shell}
      OUTPUT_FILE \"${written}\" COMMAND_ERROR_IS_FATAL ANY)")
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(name ${file} NAME)
  install(FILES ${written} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} RENAME ${name})
endforeach()
