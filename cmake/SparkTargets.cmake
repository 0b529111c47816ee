# Functions that define targets. One folder is one idea is one target.
#
#   spark_add_folder(<folder>)        add_subdirectory, if the folder has a CMakeLists.txt
#   spark_library(<idea> ...)         the static library of src/<idea>
#   spark_bundle(<name> <targets>)    spark::<name>, an interface over those of the targets that exist
#   spark_program(<name> ...)         an executable of the *.cpp in the current folder
#   spark_test(<folder> ...)          the GoogleTest binary test_<folder> of tests/<folder>
#   spark_example(<file>)             one example, run by CTest
#
# A target without sources yet, or whose dependencies do not exist (an optional library is missing), is left out with a message.

function(spark_add_folder folder)
  if(EXISTS "${PROJECT_SOURCE_DIR}/${folder}/CMakeLists.txt")
    add_subdirectory("${PROJECT_SOURCE_DIR}/${folder}" "${PROJECT_BINARY_DIR}/${folder}")
  endif()
endfunction()

# Sets <result> to the first of the targets that does not exist, or to nothing.
function(spark_missing_target result)
  set(${result} "" PARENT_SCOPE)
  foreach(dependency IN LISTS ARGN)
    if(NOT TARGET ${dependency})
      set(${result} ${dependency} PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

function(spark_left_out target missing)
  message(STATUS "SparkTelemetry: ${target} is left out, it needs ${missing}")
endfunction()

# spark_pch(<target> asio|gtest|gtest_asio)
#
# Asio costs seconds a unit, more with sanitizers. Each kind is compiled once and shared by all targets that use it.
function(spark_pch target kind)
  if(NOT SPARK_PCH)
    return()
  endif()
  set(carrier spark_pch_${kind})
  if(NOT TARGET ${carrier})
    set(stub "${PROJECT_BINARY_DIR}/pch/${kind}.cpp")
    file(CONFIGURE OUTPUT "${stub}" CONTENT "// Carries a precompiled header.\n")
    add_library(${carrier} OBJECT EXCLUDE_FROM_ALL "${stub}")
    set(headers <algorithm> <chrono> <functional> <map> <memory> <string> <string_view> <vector>)
    if(kind MATCHES "asio")
      list(APPEND headers <boost/asio.hpp>)
      target_link_libraries(${carrier} PRIVATE Boost::headers Threads::Threads)
    endif()
    if(kind MATCHES "gtest")
      list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
      target_link_libraries(${carrier} PRIVATE GTest::gmock Threads::Threads)
    endif()
    target_precompile_headers(${carrier} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${carrier})
endfunction()

# spark_library(<idea> [TARGET <name>] [DEPENDS <targets>] [PRIVATE_DEPENDS <targets>] [KEEP_SYMBOL <symbol>] [PCH <kind>])
#
# <idea> is the folder below src/; the target is spark_<its last part> unless TARGET names it, and clients see it as
# spark::<the same without spark_>. KEEP_SYMBOL makes every program that links the library pull that symbol's object out of
# the archive although only a weak reference names it (docs/decisions/0002).
function(spark_library idea)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TARGET;KEEP_SYMBOL;PCH" "DEPENDS;PRIVATE_DEPENDS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "spark_library(${idea}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  cmake_path(GET idea FILENAME last)
  set(target spark_${last})
  if(arg_TARGET)
    set(target ${arg_TARGET})
  endif()

  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${idea}/*.cpp")
  if(NOT sources)
    spark_left_out(${target} "sources in src/${idea}")
    return()
  endif()
  spark_missing_target(missing ${arg_DEPENDS} ${arg_PRIVATE_DEPENDS})
  if(missing)
    spark_left_out(${target} ${missing})
    return()
  endif()

  add_library(${target} STATIC ${sources})
  string(REGEX REPLACE "^spark_" "" name ${target})
  add_library(spark::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC
      $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE
      ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
  if(arg_KEEP_SYMBOL)
    target_link_options(${target} INTERFACE "LINKER:-u,${arg_KEEP_SYMBOL}")
  endif()
  if(arg_PCH)
    spark_pch(${target} ${arg_PCH})
  endif()
  set_property(GLOBAL APPEND PROPERTY SPARK_LIBRARIES ${target})
  # For whoever writes down what a client needs: pkg-config's files.
  set_target_properties(${target} PROPERTIES
    SPARK_NEEDS "${arg_DEPENDS};${arg_PRIVATE_DEPENDS}"
    SPARK_KEPT_SYMBOL "${arg_KEEP_SYMBOL}")
endfunction()

function(spark_bundle name)
  add_library(spark_${name} INTERFACE)
  add_library(spark::${name} ALIAS spark_${name})
  set_target_properties(spark_${name} PROPERTIES EXPORT_NAME ${name})
  foreach(part IN LISTS ARGN)
    if(TARGET ${part})
      target_link_libraries(spark_${name} INTERFACE ${part})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY SPARK_BUNDLES spark_${name})
  set_target_properties(spark_${name} PROPERTIES SPARK_NEEDS "${ARGN}" SPARK_KEPT_SYMBOL "")
endfunction()

# spark_program(<name> [DEPENDS <targets>] [PCH <kind>] [INSTALL])
function(spark_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INSTALL" "PCH" "DEPENDS")
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  if(NOT sources)
    spark_left_out(${name} "sources in ${CMAKE_CURRENT_SOURCE_DIR}")
    return()
  endif()
  spark_missing_target(missing ${arg_DEPENDS})
  if(missing)
    spark_left_out(${name} ${missing})
    return()
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  if(arg_PCH)
    spark_pch(${name} ${arg_PCH})
  endif()
  if(arg_INSTALL)
    set_property(GLOBAL APPEND PROPERTY SPARK_PROGRAMS ${name})
  endif()
endfunction()

# spark_test(<folder> DEPENDS <targets> [RUNS <program>] [ASIO] [WITHOUT_PCH] [TIMEOUT <seconds>] [PROCESSORS <count>]
#            [TOGETHER <GoogleTest patterns>] [JS <GoogleTest patterns>])
#
# Each pattern of TOGETHER is one test of CTest's, for hundreds of cases so small that starting a program takes longer.
# So is each pattern of JS, whose tests run scripts of tests/js: the macros SPARK_NODE (empty where there is none), SPARK_JS
# (the folder) and SPARK_JS_IS_REQUIRED tell them how, and CTest installs OpenTelemetry's packages before them.
# A test that starts one of our programs names it with RUNS and finds its path in the macro SPARK_PROGRAM.
# The tests are named <folder>.<Suite>.<test>. A concurrency test asks for all the processors it needs, so that CTest does not
# run it beside another one. SPARK_SOURCE_DIR is the repository's root, for tests that read files of it.
function(spark_test folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ASIO;WITHOUT_PCH" "RUNS;TIMEOUT;PROCESSORS" "DEPENDS;TOGETHER;JS")
  set(target test_${folder})
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp")
  if(NOT sources)
    return()
  endif()
  spark_missing_target(missing GTest::gmock_main ${arg_DEPENDS} ${arg_RUNS})
  if(missing)
    spark_left_out(${target} ${missing})
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()

  # They replace the program's operator new, which g++ takes amiss where it sees uses beside it.
  set(with_own_new ${sources})
  list(FILTER with_own_new INCLUDE REGEX "/out_of_memory_test.cpp$")
  if(with_own_new)
    set_source_files_properties(${with_own_new} PROPERTIES
      SKIP_UNITY_BUILD_INCLUSION ON
      COMPILE_OPTIONS "$<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>")
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE ${arg_DEPENDS} GTest::gmock_main)
  # Tests may look behind the public headers.
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${target} PRIVATE SPARK_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(arg_RUNS)
    add_dependencies(${target} ${arg_RUNS})
    target_compile_definitions(${target} PRIVATE SPARK_PROGRAM="$<TARGET_FILE:${arg_RUNS}>")
  endif()
  if(arg_ASIO)
    spark_pch(${target} gtest_asio)
  elseif(NOT arg_WITHOUT_PCH)
    spark_pch(${target} gtest)
  endif()

  set(scratch "${PROJECT_BINARY_DIR}/scratch/test_${folder}")
  file(MAKE_DIRECTORY "${scratch}")
  set(each "")
  if(arg_TOGETHER OR arg_JS)
    set(others ${arg_TOGETHER} ${arg_JS})
    list(JOIN others ":" others)
    set(each TEST_FILTER "-${others}")
  endif()
  foreach(pattern IN LISTS arg_TOGETHER arg_JS)
    string(REGEX REPLACE "[*/]+" "." name "${folder}.${pattern}")
    string(REGEX REPLACE "[.]+" "." name "${name}")
    string(REGEX REPLACE "[._]+$" "" name "${name}")
    add_test(NAME ${name} COMMAND ${target} --gtest_filter=${pattern} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES WORKING_DIRECTORY "${scratch}" TIMEOUT 600 LABELS ${folder}
      FAIL_REGULAR_EXPRESSION "0 tests from 0 test suites")
    if(pattern IN_LIST arg_JS)
      set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED js SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
    endif()
  endforeach()
  if(arg_JS AND SPARK_NODE AND SPARK_NPM)
    target_compile_definitions(${target} PRIVATE
      SPARK_NODE="${SPARK_NODE}"
      SPARK_JS="${PROJECT_BINARY_DIR}/tests/js"
      SPARK_JS_IS_REQUIRED=$<BOOL:${SPARK_REQUIRE_ALL}>)
  elseif(arg_JS)
    target_compile_definitions(${target} PRIVATE SPARK_NODE="" SPARK_JS="" SPARK_JS_IS_REQUIRED=0)
  endif()
  gtest_discover_tests(${target}
    ${each}
    TEST_PREFIX "${folder}."
    WORKING_DIRECTORY "${scratch}"
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES
      TIMEOUT ${arg_TIMEOUT}
      PROCESSORS ${arg_PROCESSORS}
      LABELS ${folder})
endfunction()

# spark_example(<path of NN_name.cpp>)
#
# The executable example_NN_name; its output is compared with NN_name.expected where that file exists.
function(spark_example source)
  cmake_path(GET source STEM name)
  set(target example_${name})
  add_executable(${target} "${source}")
  target_link_libraries(${target} PRIVATE spark::spark)
  if(TARGET spark_async)
    spark_pch(${target} asio)
  endif()
  if(NOT Python3_FOUND)
    return()
  endif()
  set(expected "")
  cmake_path(REPLACE_EXTENSION source expected OUTPUT_VARIABLE expected_file)
  if(EXISTS "${expected_file}")
    set(expected --expected "${expected_file}")
  endif()
  add_test(NAME example.${name}
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tools/check_output.py"
      --directory "${PROJECT_BINARY_DIR}/scratch/${target}" ${expected} -- $<TARGET_FILE:${target}>)
  set_tests_properties(example.${name} PROPERTIES TIMEOUT 120 LABELS example)
endfunction()

# spark_use_grpc_python(<target>): tells it in the macro SPARK_GRPC_PYTHON where a Python with the package grpcio is, for
# the gRPC server of tests and benchmarks; the macro is empty where there is none.
function(spark_use_grpc_python target)
  # Debian's package belongs to Debian's Python, which need not be the first one in PATH.
  foreach(python IN LISTS Python3_EXECUTABLE ITEMS /usr/bin/python3)
    if(SPARK_GRPC_PYTHON)
      break()
    endif()
    execute_process(COMMAND "${python}" -c "import grpc" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(failed EQUAL 0)
      set(SPARK_GRPC_PYTHON "${python}" CACHE INTERNAL "")
    endif()
  endforeach()
  target_compile_definitions(${target} PRIVATE SPARK_GRPC_PYTHON="${SPARK_GRPC_PYTHON}")
endfunction()

# spark_use_postgresql_server(<target>): lets it compile tests/postgresql/server.cpp, the PostgreSQL server of tests and
# benchmarks, and tells it in the macro SPARK_POSTGRESQL_FOLDER where the server's programs are; the macro is missing where there
# are none.
function(spark_use_postgresql_server target)
  # Debian keeps the server's programs apart from those that everybody runs.
  file(GLOB folders /usr/lib/postgresql/*/bin)
  list(SORT folders COMPARE NATURAL ORDER DESCENDING)
  find_program(SPARK_POSTGRES NAMES postgres HINTS ${folders})
  mark_as_advanced(SPARK_POSTGRES)
  target_link_libraries(${target} PRIVATE PostgreSQL::PostgreSQL)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  if(NOT SPARK_POSTGRES)
    if(SPARK_REQUIRE_ALL)
      message(FATAL_ERROR "a PostgreSQL server (Debian's package postgresql) is needed for the tests of its backend")
    endif()
    return()
  endif()
  cmake_path(GET SPARK_POSTGRES PARENT_PATH folder)
  target_compile_definitions(${target} PRIVATE SPARK_POSTGRESQL_FOLDER="${folder}")
endfunction()
