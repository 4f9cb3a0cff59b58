// The files that the ranks of a run write to with --output: DIRECTORY/NODE.out and DIRECTORY/NODE.err, all of them there
// from the beginning on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/nodectl/output.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

// Whether a file can be called like that node.
bool names_a_file(std::string_view node);

class OutputFiles {
 public:
  // `broken`: one of them cannot be written any more.
  OutputFiles(sys::Loop& loop, std::string directory, Output::Broken broken)
      : loop_(loop), directory_(std::move(directory)), broken_(std::move(broken)) {}

  // Makes the directory, where it is missing, and the files of the ranks, whose nodes have these names.
  sys::Status open(const std::vector<std::string>& names);
  // None: of a rank without files.
  Output* of(std::uint32_t rank, transport::StreamName stream);

 private:
  sys::Status open(const std::string& path);

  sys::Loop& loop_;
  const std::string directory_;
  Output::Broken broken_;
  std::vector<std::unique_ptr<Output>> files_;  // output and error of rank 0, of rank 1, ...
};

}  // namespace frontend
