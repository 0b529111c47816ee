# How everything is compiled: the language, the warnings, the sanitizers and the compiler launcher.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

add_compile_definitions(SPARK_VERSION="${PROJECT_VERSION}")

add_compile_options(-Wall -Wextra -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 reports overlapping and oversized copies inside std::string's own operator+ (GCC bug 105651).
  add_compile_options(-Wno-restrict -Wno-stringop-overflow)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # As with g++, whose -Wconversion leaves signs out in C++.
  add_compile_options(-Wno-sign-conversion)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ takes the frames of one coroutine template in two units, which it optimized differently, for two types.
  add_link_options(-Wno-odr)
endif()
if(SPARK_WERROR)
  add_compile_options(-Werror)
endif()

if(SPARK_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 12 CACHE STRING "Sources in one unit; 0 takes all of a target, to look for names that clash")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ takes a source that another file includes for a header, and warns of every coroutine and class in it that has
    # something of the anonymous namespace inside.
    add_compile_options(-Wno-subobject-linkage)
  endif()
endif()

if(SPARK_SHARED)
  # Not otherwise: a thread_local variable, of which recording has some, costs a call then.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()

if(SPARK_SANITIZE)
  add_compile_options(-fsanitize=${SPARK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SPARK_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Instrumented code gives g++ false "maybe uninitialized" reports, by its own manual.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  if(SPARK_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences make g++ warn that the thread sanitizer does not model them; and g++ 12 reports bounds inside
    # std::string's own operator+ (GCC bug 105651).
    add_compile_options(-Wno-error=tsan -Wno-array-bounds)
  endif()
  if(SPARK_SANITIZE MATCHES "address")
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
  endif()
endif()

if(SPARK_FUZZ)
  # Tells the fuzzers which code an input reached.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(SPARK_CCACHE ccache)
  mark_as_advanced(SPARK_CCACHE)
  if(SPARK_CCACHE)
    # Without this sloppiness ccache passes every unit with a precompiled header on to the compiler.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${SPARK_CCACHE})
    if(SPARK_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      add_compile_options(-fpch-preprocess)
    endif()
  endif()
endif()
