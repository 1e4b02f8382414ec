# libmartlet.so, made of every martlet_library, and the package by which another project finds it:
#   find_package(martlet REQUIRED)
#   target_link_libraries(app PRIVATE martlet::martlet)
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(parts GLOBAL PROPERTY MARTLET_LIBRARIES)
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/martlet/*.h)

add_library(martlet SHARED)
add_library(martlet::martlet ALIAS martlet)
target_sources(martlet PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
foreach(part ${parts})
  target_sources(martlet PRIVATE $<TARGET_OBJECTS:${part}>)
endforeach()
target_link_libraries(martlet PUBLIC tl::expected PRIVATE ${parts})
# What MARTLET_API marks and nothing else: the script hides what the standard library's templates would add.
target_link_options(martlet PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
set_target_properties(martlet PROPERTIES
  LINKER_LANGUAGE CXX
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
target_compile_features(martlet INTERFACE cxx_std_20)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/martlet)
install(TARGETS martlet EXPORT martletTargets FILE_SET HEADERS)
install(EXPORT martletTargets NAMESPACE martlet:: DESTINATION ${package_dir})
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/martletConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/martletConfig.cmake ${PROJECT_BINARY_DIR}/martletConfigVersion.cmake
  DESTINATION ${package_dir})
