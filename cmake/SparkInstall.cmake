# What `cmake --install` puts where, and what find_package(SparkTelemetry) finds.

set(spark_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/SparkTelemetry")

get_property(spark_installed GLOBAL PROPERTY SPARK_INSTALLED)
install(TARGETS ${spark_installed} EXPORT SparkTelemetryTargets)
if(EXISTS "${PROJECT_SOURCE_DIR}/include/spark")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/spark" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.h")
endif()
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
