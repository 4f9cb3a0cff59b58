# Third-party libraries, as targets with the same names in every preset:
#
#   dep::mnl dep::sodium dep::lzma dep::zstd                 compiled
#   dep::cereal dep::toml dep::expected dep::cli11 dep::json dep::doctest   headers only
#
# Their headers are in the compiler's own search path (the sysroot's, or /usr/include), where it
# gives no warnings for them; the targets say who uses what, and stop with advice if one is absent.

function(nodeinit_dependency name header)
  string(MAKE_C_IDENTIFIER "NODEINIT_${name}" variable)
  find_path(${variable}_HEADER "${header}")
  mark_as_advanced(${variable}_HEADER)
  if(NOT ${variable}_HEADER)
    message(FATAL_ERROR "<${header}> not found: run scripts/bootstrap")
  endif()
  add_library(dep::${name} INTERFACE IMPORTED GLOBAL)
  foreach(library IN LISTS ARGN)
    find_library(${variable}_LIBRARY ${library})
    mark_as_advanced(${variable}_LIBRARY)
    if(NOT ${variable}_LIBRARY)
      message(FATAL_ERROR "library ${library} not found: run scripts/bootstrap")
    endif()
    target_link_libraries(dep::${name} INTERFACE "${${variable}_LIBRARY}")
  endforeach()
endfunction()

nodeinit_dependency(mnl libmnl/libmnl.h mnl)
nodeinit_dependency(sodium sodium.h sodium)
nodeinit_dependency(lzma lzma.h lzma)
nodeinit_dependency(zstd zstd.h zstd)
nodeinit_dependency(cereal cereal/cereal.hpp)
nodeinit_dependency(toml toml++/toml.h)
nodeinit_dependency(expected tl/expected.hpp)
nodeinit_dependency(cli11 CLI/CLI.hpp)
nodeinit_dependency(json nlohmann/json.hpp)
nodeinit_dependency(doctest doctest/doctest.h)
