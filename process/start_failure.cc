#include "process/start_failure.h"

#include <cerrno>
#include <string_view>

#include "sys/text.h"

namespace process {
namespace {

struct Explanation {
  int code;
  std::string_view text;
};
constexpr Explanation explanations[] = {
    {ENOENT, "no such program on the node, or the interpreter that it names is missing"},
    {ENOEXEC, "not a program for this machine: made for another architecture, or no program at all"},
    {ELIBBAD, "not a program for this machine: its interpreter is for another one"},
    {EACCES, "may not be executed: permission is missing, or its file system is mounted noexec"},
    {E2BIG, "its arguments and environment are too long"},
    {EISDIR, "is a directory"},
};

bool is_of_exec(const sys::Error& error) { return error.what.starts_with("execute "); }  // sys/exec.cc

}  // namespace

StartFailure explain(const std::string& program, const sys::Error& error) {
  for (const Explanation& explanation : explanations)
    if (explanation.code == error.code && is_of_exec(error))
      return {error.code, sys::cat(program, ": ", explanation.text)};
  return {error.code != 0 ? error.code : EIO, error.text()};
}

}  // namespace process
