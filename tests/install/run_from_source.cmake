# Builds the library inside a client's project, installs the shared one from there, looks at what that shows, and configures,
# builds and runs the consumer project against it.

function(step)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}")
step(${CMAKE_COMMAND} -S "${client}" -B "${scratch}/client" -G "${generator}" "-DCMAKE_CXX_COMPILER=${compiler}"
  -DCMAKE_BUILD_TYPE=Debug "-DSPARK_SOURCE=${source}" "-DCMAKE_INSTALL_PREFIX=${scratch}/prefix")
step(${CMAKE_COMMAND} --build "${scratch}/client" --parallel 2)
step(${CMAKE_COMMAND} -E chdir "${scratch}" "${scratch}/client/consumer")
step(${CMAKE_COMMAND} -E chdir "${scratch}" "${scratch}/client/consumer_of_shared")

step(${CMAKE_COMMAND} --install "${scratch}/client")
file(GLOB library "${scratch}/prefix/lib*/libspark.so.*.*.*" "${scratch}/prefix/lib/*/libspark.so.*.*.*")
step("${python}" "${exports}" "${library}")
step(${CMAKE_COMMAND} -S "${consumer}" -B "${scratch}/build" -G "${generator}" "-DCMAKE_CXX_COMPILER=${compiler}"
  "-DCMAKE_PREFIX_PATH=${scratch}/prefix")
step(${CMAKE_COMMAND} --build "${scratch}/build")
step(${CMAKE_COMMAND} -E chdir "${scratch}" "${scratch}/build/consumer")
