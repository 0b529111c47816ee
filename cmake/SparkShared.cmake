# spark::shared, one shared library of all components. It shows the names that have to do with namespace spark (exports.map) and
# no others, such as those of Asio, which it is compiled with. Components cannot be shared libraries of their own, because they
# use each other's private parts.

get_property(spark_parts GLOBAL PROPERTY SPARK_LIBRARIES)
set(spark_stub "${PROJECT_BINARY_DIR}/shared.cpp")
file(CONFIGURE OUTPUT "${spark_stub}" CONTENT "// All that is in the library comes from the components.\n")
add_library(spark_shared SHARED "${spark_stub}")
add_library(spark::shared ALIAS spark_shared)

set(spark_exports "${PROJECT_SOURCE_DIR}/cmake/exports.map")
# All of each, also what nothing else in the library refers to. Named as files: as libraries, those that others depend on
# would be there twice.
target_link_options(spark_shared PRIVATE "LINKER:--whole-archive")
foreach(spark_part IN LISTS spark_parts)
  add_dependencies(spark_shared ${spark_part})
  target_link_options(spark_shared PRIVATE "$<TARGET_FILE:${spark_part}>")
  get_target_property(spark_needs ${spark_part} SPARK_NEEDS)
  list(FILTER spark_needs EXCLUDE REGEX "^(spark_.*)?$")
  target_link_libraries(spark_shared PRIVATE ${spark_needs})
  set_property(TARGET spark_shared APPEND PROPERTY LINK_DEPENDS "$<TARGET_FILE:${spark_part}>")
endforeach()
target_link_options(spark_shared PRIVATE "LINKER:--no-whole-archive")
target_link_libraries(spark_shared INTERFACE Boost::headers Threads::Threads)
target_compile_features(spark_shared INTERFACE cxx_std_20)
target_include_directories(spark_shared INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_options(spark_shared PRIVATE "LINKER:--version-script=${spark_exports}")
# Before 1.0 the binary interface changes with each minor version.
set_target_properties(spark_shared PROPERTIES
  EXPORT_NAME shared
  OUTPUT_NAME spark
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
set_property(TARGET spark_shared APPEND PROPERTY LINK_DEPENDS "${spark_exports}")
