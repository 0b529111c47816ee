# The libraries that are not ours. A missing optional one leaves its component out with a message, unless
# SPARK_REQUIRE_ALL says that everything must be there (bin/test does, so that no test is left out unnoticed).

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)

# spark_optional(<package> <what is left out without it> [arguments of find_package...])
macro(spark_optional package without)
  if(SPARK_REQUIRE_ALL)
    find_package(${package} ${ARGN} REQUIRED)
  else()
    find_package(${package} ${ARGN} QUIET)
    if(NOT ${package}_FOUND)
      message(STATUS "SparkTelemetry: ${package} was not found: without ${without}")
    endif()
  endif()
endmacro()

spark_optional(SQLite3 "the SQLite backend" 3.31)
spark_optional(CURL "the OTLP backend" 7.68)
spark_optional(ZLIB "the OTLP backend")
spark_optional(CLI11 "the program sparktel")
spark_optional(fmt "the program sparktel")
if(SPARK_TESTS)
  spark_optional(GTest "the unit tests")
endif()
if(SPARK_TESTS OR SPARK_EXAMPLES)
  spark_optional(Python3 "the checks of layers and of the examples' output" COMPONENTS Interpreter)
endif()
