# Toolchain file: Debian's g++-12 with the musl sysroot that scripts/bootstrap makes. Programs come
# out fully static and at a fixed address (non-PIE).
set(NODEINIT_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/toolchain/musl"
    CACHE PATH "musl sysroot made by scripts/bootstrap")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES NODEINIT_SYSROOT)
if(NOT EXISTS "${NODEINIT_SYSROOT}/musl.specs")
  message(FATAL_ERROR "No musl toolchain in ${NODEINIT_SYSROOT}: run scripts/bootstrap first")
endif()
# Not REAL_PATH: the link stays the same when a new toolchain takes the old one's place.
get_filename_component(sysroot "${NODEINIT_SYSROOT}" ABSOLUTE)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_SYSROOT "${sysroot}")
set(CMAKE_CXX_COMPILER x86_64-linux-gnu-g++-12)
set(CMAKE_C_COMPILER x86_64-linux-gnu-gcc-12)  # of test programs
set(CMAKE_AR x86_64-linux-gnu-gcc-ar-12 CACHE FILEPATH "")
set(CMAKE_RANLIB x86_64-linux-gnu-gcc-ranlib-12 CACHE FILEPATH "")
# A path of the host's libraries (LIBRARY_PATH) would be searched before the sysroot's.
foreach(name LIBRARY_PATH CPATH CPLUS_INCLUDE_PATH C_INCLUDE_PATH COMPILER_PATH GCC_EXEC_PREFIX)
  unset(ENV{${name}})
endforeach()

# Dependency files name headers by the tree's link, so that a new toolchain rebuilds everything.
set(CMAKE_CXX_FLAGS_INIT
    "-specs=${sysroot}/musl.specs -fno-canonical-system-headers -fno-pie")
set(CMAKE_C_FLAGS_INIT "${CMAKE_CXX_FLAGS_INIT}")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -no-pie")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
