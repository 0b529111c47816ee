# Installs the build into a scratch folder, then configures, builds and runs the consumer project against it.

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
