# Installs the build into a scratch folder, then configures, builds and runs the consumer project against it; and once more
# without CMake, by what pkg-config says.

function(step)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}")
step(${CMAKE_COMMAND} --install "${build}" --prefix "${scratch}/prefix")
step(${CMAKE_COMMAND} -S "${consumer}" -B "${scratch}/build" -G "${generator}"
  "-DCMAKE_CXX_COMPILER=${compiler}"
  "-DCMAKE_CXX_FLAGS=${flags}"
  "-DCMAKE_PREFIX_PATH=${scratch}/prefix")
step(${CMAKE_COMMAND} --build "${scratch}/build")
step(${CMAKE_COMMAND} -E chdir "${scratch}" "${scratch}/build/consumer")

if(pkg_config)
  file(GLOB folder "${scratch}/prefix/lib*/pkgconfig" "${scratch}/prefix/lib/*/pkgconfig")
  set(ENV{PKG_CONFIG_PATH} "${folder}")
  execute_process(COMMAND "${pkg_config}" --cflags --libs spark-telemetry spark-sqlite
    OUTPUT_VARIABLE options OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(options UNIX_COMMAND "${options}")
  separate_arguments(flags UNIX_COMMAND "${flags}")
  step("${compiler}" ${flags} "${consumer}/main.cpp" -o "${scratch}/consumer_of_pkg_config" ${options})
  step(${CMAKE_COMMAND} -E chdir "${scratch}" "${scratch}/consumer_of_pkg_config")
endif()
