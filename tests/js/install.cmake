# Installs the packages of package-lock.json into the folder it lies in, unless these very packages are there already.
#
#   cmake -D folder=FOLDER -D npm=NPM -D required=BOOL -P install.cmake
#
# Without `required` it prints "left out" where npm cannot fetch them, and does not fail: the tests that need them then leave
# themselves out, because the file FOLDER/installed is not there.

set(stamp "${folder}/installed")
set(wanted "")
foreach(name IN ITEMS package.json package-lock.json .npmrc)
  file(SHA256 "${folder}/${name}" hash)
  string(APPEND wanted "${hash} ${name}\n")
endforeach()
if(EXISTS "${stamp}")
  file(READ "${stamp}" installed)
  if(installed STREQUAL wanted)
    message(STATUS "The packages are there.")
    return()
  endif()
  file(REMOVE "${stamp}")
endif()

# No script of a package runs: none of them needs one.
execute_process(COMMAND "${npm}" ci --ignore-scripts --no-audit --no-fund
  WORKING_DIRECTORY "${folder}" RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  file(WRITE "${stamp}" "${wanted}")
  message(STATUS "Installed in ${folder}:\n${output}")
  return()
endif()
string(CONCAT what "OpenTelemetry's JavaScript packages could not be installed in ${folder}: is npm's registry reachable, and "
  "Node ^18.19 or >= 20.6? 'npm ci' said (${result}):\n${output}")
if(required)
  message(FATAL_ERROR "${what}")
endif()
message(STATUS "Tests that need them are left out. ${what}")
