// A node's console: a pipe that the node writes to, and a file of bounded size that keeps what it wrote.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sys/fd.h"
#include "sys/result.h"

namespace lab {

class Console {
 public:
  // When the file has grown to this size it becomes PATH.old, in the place of an older one.
  static constexpr std::size_t file_limit = 1u << 20;  // bytes

  static sys::Result<Console> open(std::string path);

  int node_end() const { return node_end_.get(); }  // the node's standard output
  int read_end() const { return read_end_.get(); }  // readable when the node has written
  // Moves all that waits in the pipe to the file.
  void drain();
  // A line of the machine itself, told apart from the node's: "[lab] restarts".
  void say(std::string_view text);

 private:
  Console() = default;
  void append(std::string_view text);
  void begin_file();

  std::string path_;
  sys::Fd node_end_, read_end_, file_;
  std::size_t size_ = 0;
};

}  // namespace lab
