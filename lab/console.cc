#include "lab/console.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "sys/text.h"

namespace lab {

sys::Result<Console> Console::open(std::string path) {
  Console console;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return sys::failure(errno, "make a pipe for the console");
  console.read_end_ = sys::Fd(ends[0]);
  console.node_end_ = sys::Fd(ends[1]);
  // Only this end: the node decides for itself whether its writes may wait.
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return sys::failure(errno, "make the console's pipe non-blocking");
  console.path_ = std::move(path);
  console.begin_file();
  if (!console.file_.valid()) return sys::failure(errno, sys::cat("open console file ", console.path_));
  return console;
}

void Console::begin_file() {
  file_ = sys::Fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  struct stat facts = {};
  size_ = file_.valid() && fstat(file_.get(), &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0;
}

void Console::append(std::string_view text) {
  if (size_ >= file_limit) {
    std::rename(path_.c_str(), (path_ + ".old").c_str());
    begin_file();
  }
  // A full disk must not stop the machine: what cannot be written is lost, as on a screen that nobody watches.
  if (write(file_.get(), text.data(), text.size()) > 0) size_ += text.size();
}

void Console::drain() {
  std::array<char, 4096> piece;
  for (;;) {
    const ssize_t got = read(read_end_.get(), piece.data(), piece.size());
    if (got <= 0) return;
    append({piece.data(), static_cast<std::size_t>(got)});
  }
}

void Console::say(std::string_view text) { append(sys::cat("[lab] ", text, "\n")); }

}  // namespace lab
