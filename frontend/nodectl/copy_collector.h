// What comes of the nodes of a copy: one stream of files from each rank, written to the destination when there is one rank,
// and to DESTINATION/NODE each when there are several.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/nodectl/run_view.h"
#include "frontend/nodectl/tree_writer.h"

namespace frontend {

class CopyCollector final : public OutputTaker {
 public:
  // `destination`: absolute.
  CopyCollector(Context& context, std::string destination, bool preserve)
      : context_(context), destination_(std::move(destination)), preserve_(preserve) {}

  void begin(const std::vector<std::string>& names) override;
  void take(std::uint32_t rank, std::span<const std::byte> data) override;
  void end(std::uint32_t rank) override;

  // Something has not come, or has not been written.
  bool failed() const;
  CopyCount count() const;

 private:
  struct Tree {
    Tree(sys::Files& files, std::string its_name, std::string destination, TreeWriterOptions options,
         Complaint complain)
        : name(std::move(its_name)), writer(files, std::move(destination), options, std::move(complain)) {}
    std::string name;  // of the node
    TreeWriter writer;
    TreeDecoder decoder{writer};
    bool sound = true;
  };

  std::string folder_for(const std::string& node);
  void complain_of(const std::string& node, const std::string& what);

  Context& context_;
  sys::KernelFiles files_;
  const std::string destination_;
  const bool preserve_;
  std::vector<std::unique_ptr<Tree>> trees_;  // by rank
  bool incomplete_ = false;
};

}  // namespace frontend
