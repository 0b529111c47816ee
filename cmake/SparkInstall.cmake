# What `cmake --install` puts where, what find_package(SparkTelemetry) finds, and what pkg-config does.

set(spark_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/SparkTelemetry")

get_property(spark_libraries GLOBAL PROPERTY SPARK_LIBRARIES)
get_property(spark_bundles GLOBAL PROPERTY SPARK_BUNDLES)
get_property(spark_programs GLOBAL PROPERTY SPARK_PROGRAMS)

if(SPARK_SHARED)
  # Whichever component a client names, it gets the one library.
  set(spark_exported spark_shared)
  foreach(spark_component IN LISTS spark_libraries spark_bundles)
    get_target_property(spark_export_name ${spark_component} EXPORT_NAME)
    add_library(${spark_component}_of_shared INTERFACE)
    target_link_libraries(${spark_component}_of_shared INTERFACE spark_shared)
    set_target_properties(${spark_component}_of_shared PROPERTIES EXPORT_NAME ${spark_export_name})
    list(APPEND spark_exported ${spark_component}_of_shared)
  endforeach()
else()
  set(spark_exported ${spark_libraries} ${spark_bundles})
endif()

install(TARGETS ${spark_exported} EXPORT SparkTelemetryTargets)
if(spark_programs)
  install(TARGETS ${spark_programs})
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/spark" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(EXPORT SparkTelemetryTargets NAMESPACE spark:: DESTINATION "${spark_package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/SparkTelemetryConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/SparkTelemetryConfig.cmake"
  INSTALL_DESTINATION "${spark_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/SparkTelemetryConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/SparkTelemetryConfig.cmake"
  "${PROJECT_BINARY_DIR}/SparkTelemetryConfigVersion.cmake"
  DESTINATION "${spark_package_dir}")

# Archives of link-time code are nothing to another compiler, and slow to link for the same one.
string(TOUPPER "${CMAKE_BUILD_TYPE}" spark_build_type)
if(NOT SPARK_SHARED AND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${spark_build_type}}" MATCHES "-flto"
    AND NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${spark_build_type}}" MATCHES "-ffat-lto-objects")
  install(CODE "message(WARNING \"These libraries hold link-time code only: install what the preset 'package' builds\")")
endif()

# The name of a target's file: spark-telemetry, and spark for all of it.
function(spark_pc_name result target)
  string(REPLACE "_" "-" name ${target})
  string(REGEX REPLACE "^spark-spark$" "spark" name ${name})
  set(${result} ${name} PARENT_SCOPE)
endfunction()

# spark_write_pc(<target>): what pkg-config says of it, relative to where it is installed.
function(spark_write_pc target)
  spark_pc_name(name ${target})
  set(requires "")
  set(libs "")
  set(cflags "")
  get_target_property(needs ${target} SPARK_NEEDS)
  foreach(need IN LISTS needs)
    if(NOT TARGET ${need})
      continue()
    elseif(need STREQUAL Threads::Threads)
      string(APPEND libs " -pthread")
      string(APPEND cflags " -pthread")
    elseif(need STREQUAL Boost::json)
      string(APPEND libs " -lboost_json")
    elseif(need STREQUAL SQLite::SQLite3)
      list(APPEND requires "sqlite3 >= 3.31")
    elseif(need STREQUAL CURL::libcurl)
      list(APPEND requires "libcurl >= 7.68")
    elseif(need STREQUAL ZLIB::ZLIB)
      list(APPEND requires "zlib")
    elseif(need STREQUAL PostgreSQL::PostgreSQL)
      list(APPEND requires "libpq >= 12")
    elseif(need STREQUAL OpenSSL::SSL)
      list(APPEND requires "openssl >= 3.0")
    elseif(need MATCHES "^spark_")
      spark_pc_name(needed ${need})
      list(APPEND requires "${needed} = ${PROJECT_VERSION}")
    endif()
  endforeach()
  get_target_property(type ${target} TYPE)
  get_target_property(kept ${target} SPARK_KEPT_SYMBOL)
  if(SPARK_SHARED)
    set(requires "")
    set(libs " -lspark")
  elseif(type STREQUAL STATIC_LIBRARY)
    # Only a weak reference names the symbol: without this the linker leaves the backend in its archive.
    if(kept)
      string(PREPEND libs " -Wl,-u,${kept}")
    endif()
    string(PREPEND libs " -l${target}")
  endif()
  list(JOIN requires ", " requires)
  cmake_path(SET pc_dir NORMALIZE "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
  # Debian's and Nix's packagers give absolute folders.
  foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
    if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}")
      set(pc_${dir} "${CMAKE_INSTALL_${dir}}")
    else()
      set(pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
    endif()
  endforeach()
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${pc_dir}" OUTPUT_VARIABLE up)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
libdir=@pc_LIBDIR@
includedir=@pc_INCLUDEDIR@

Name: @name@
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Requires: @requires@
Libs: -L\${libdir}@libs@
Cflags: -std=c++20 -I\${includedir}@cflags@
")
  install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

foreach(spark_component IN LISTS spark_libraries spark_bundles)
  spark_write_pc(${spark_component})
endforeach()
