# How everything of ours is compiled: the interface target nodeinit_options.

set(NODEINIT_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
option(NODEINIT_FUZZ "Build the fuzzers (clang)" OFF)
option(NODEINIT_WERROR "Warnings are errors" ON)
option(NODEINIT_UNIT_TESTS "Build the unit tests" ON)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG")
# Tests are compiled more often than they run: with sanitizers -O1 takes three times as long as -O0.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
if(NODEINIT_FUZZ)  # fuzzers run more often than they are compiled
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()

configure_file("${CMAKE_CURRENT_LIST_DIR}/nodeinit_version.h.in"
               "${CMAKE_BINARY_DIR}/generated/nodeinit_version.h")

add_library(nodeinit_options INTERFACE)
# #include "sys/fd.h": the top of the tree is the one include root.
target_include_directories(nodeinit_options INTERFACE
  "${PROJECT_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(nodeinit_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  # {.name = x} that leaves the rest at its defaults is how we write values.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # gcc 12 sees overlaps in std::string that are not there
  $<$<BOOL:${NODEINIT_WERROR}>:-Werror>)

if(CMAKE_BUILD_TYPE STREQUAL Release)
  target_compile_options(nodeinit_options INTERFACE
    -ffunction-sections -fdata-sections -fstack-protector-strong)
  target_link_options(nodeinit_options INTERFACE -Wl,--gc-sections)
endif()

if(NODEINIT_SANITIZE)
  target_compile_definitions(nodeinit_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_compile_options(nodeinit_options INTERFACE
    -fsanitize=${NODEINIT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # The sanitizers' own code confuses gcc 12 here.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(nodeinit_options INTERFACE -fsanitize=${NODEINIT_SANITIZE})
endif()
