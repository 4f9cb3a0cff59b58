// Where files of the front end stand on a node: every file once, at a path that it has here, with symbolic links from
// the others.
//
// The directories of a node's root are real ones, as where moved programs are placed (program_files.h): what is found
// here as /lib/x stands there as /lib/x, though /lib may be a link here. A link is made as it stands here where it leads
// to the same on the node, and leads straight to the file where it would not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "frontend/common/program_files.h"
#include "sys/result.h"

namespace frontend {

struct NodeLink {
  std::string path;                         // on the node
  std::string target;                       // absolute, or seen from the link's directory
  ProgramPart part = ProgramPart::program;  // of what it was made for
};

class NodePlaces {
 public:
  explicit NodePlaces(std::size_t limit) : limit_(limit) {}

  // Makes `file.source` stand at `file.path` (clean). The mode is that of the file here. Refused above the limit, and
  // when the file cannot be looked at. Blocks.
  sys::Status add(const ProgramFile& file);

  std::vector<ProgramFile> files() const;  // by path; `source` has no links on its way
  std::vector<NodeLink> links() const;     // by path

 private:
  sys::Status add_link(const ProgramFile& file, const std::string& target, const std::string& real);

  std::size_t limit_;
  std::map<std::string, ProgramFile> files_;   // by path
  std::map<std::string, NodeLink> links_;      // by path
  std::map<std::string, std::string> placed_;  // source -> path
};

}  // namespace frontend
