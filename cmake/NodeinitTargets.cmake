# The three kinds of target that the tree is made of.
#
#   nodeinit_library(NAME SOURCES file... DEPENDS target...)   one per folder, named like it
#   nodeinit_program(NAME SOURCES file... DEPENDS target...)   -> build/<preset>/bin/NAME
#   nodeinit_fuzzer(NAME SOURCES file... DEPENDS target... MAX_LEN bytes [RUNS n])   only in the fuzz preset
#
# DEPENDS takes our libraries and dep:: targets (NodeinitDependencies.cmake). A library may have
# headers only. In the musl preset bin/NAME is stripped and debug/NAME keeps the symbols, which turn
# the addresses in a crash report into names: addr2line -fCe build/musl/debug/NAME ADDRESS.

# For work on a tree in which files that are named are still to be written.
option(NODEINIT_PARTIAL "Leave out source files that are not there yet" OFF)

function(nodeinit_only_existing list)
  set(existing)
  foreach(source IN LISTS ${list})
    get_filename_component(path "${source}" ABSOLUTE)
    if(EXISTS "${path}")
      list(APPEND existing "${source}")
    else()
      message(STATUS "not there yet: ${path}")
    endif()
  endforeach()
  set(${list} "${existing}" PARENT_SCOPE)
endfunction()

macro(nodeinit_parse function)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "SOURCES;DEPENDS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${function}(${name}): what is '${ARG_UNPARSED_ARGUMENTS}'?")
  endif()
  if(NODEINIT_PARTIAL)
    nodeinit_only_existing(ARG_SOURCES)
  endif()
endmacro()

function(nodeinit_library name)
  nodeinit_parse(nodeinit_library)
  set(compiled ${ARG_SOURCES})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  if(compiled)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC nodeinit_options ${ARG_DEPENDS})
    if(NODEINIT_FUZZ)  # only what a fuzzer links
      set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE nodeinit_options ${ARG_DEPENDS})
  endif()
endfunction()

function(nodeinit_program name)
  nodeinit_parse(nodeinit_program)
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE nodeinit_options ${ARG_DEPENDS})
  if(NODEINIT_FUZZ)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  if(CMAKE_BUILD_TYPE STREQUAL Release)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND ${CMAKE_COMMAND} -E make_directory "${CMAKE_BINARY_DIR}/debug"
      COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${name}> "${CMAKE_BINARY_DIR}/debug/${name}"
      COMMAND ${CMAKE_STRIP} $<TARGET_FILE:${name}>)
  endif()
endfunction()

# As a test a fuzzer runs for a moment only: over what is in corpus/NAME beside its CMakeLists.txt,
# if that is there, and a few thousand inputs of its own (RUNS, all executions). scripts/fuzz lets it run longer.
# MAX_LEN is how long an input may be: no longer than it takes to reach everything.
function(nodeinit_fuzzer name)
  if(NOT NODEINIT_FUZZ)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 FUZZ "" "MAX_LEN;RUNS" "SOURCES;DEPENDS")
  if(FUZZ_UNPARSED_ARGUMENTS OR NOT FUZZ_MAX_LEN)
    message(FATAL_ERROR "nodeinit_fuzzer(${name}): MAX_LEN, and no '${FUZZ_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT FUZZ_RUNS)
    set(FUZZ_RUNS 20000)
  endif()
  add_executable(${name} ${FUZZ_SOURCES} sanitizer_options.cc)
  target_link_libraries(${name} PRIVATE nodeinit_options ${FUZZ_DEPENDS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(corpus "${CMAKE_CURRENT_BINARY_DIR}/corpus/${name}")  # the first one is written to
  file(MAKE_DIRECTORY "${corpus}")
  if(IS_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
    list(APPEND corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  endif()
  add_test(NAME fuzz.${name}
    COMMAND ${name} -runs=${FUZZ_RUNS} -max_len=${FUZZ_MAX_LEN} -max_total_time=30 -timeout=10
            -rss_limit_mb=1024 -entropic=0 -print_funcs=0 ${corpus})
  file(WRITE "${CMAKE_BINARY_DIR}/fuzzers/${name}" "${FUZZ_MAX_LEN}\n")  # for scripts/fuzz
endfunction()
