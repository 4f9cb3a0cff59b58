#include "frontend/common/glob.h"
#include "frontend/nodemaster/step_files.h"
#include "frontend/nodemaster/step_kinds.h"
#include "sys/path.h"
#include "sys/text.h"

namespace frontend {
namespace {

constexpr std::size_t max_content = 65536;  // bytes; what the message that carries it allows

// Small, and with the node's facts filled in when it is sent.
void read_inline(const StepContext& in, const std::string& path) {
  const FileOwner owner = read_owner(in.reader);
  transport::TreeEntry entry;
  entry.path = path;
  entry.what = transport::TextContent{in.reader.content("content", max_content)};
  entry.mode = in.reader.mode("mode", 0644);
  entry.uid = owner.uid;
  entry.gid = owner.gid;
  in.step.step.action = transport::FileStep{{std::move(entry)}};
}

FileNeed read_need(const StepContext& in, const std::string& path) {
  FileNeed need;
  need.source = absolute_in(in.folder, in.reader.text("source"));
  need.path = path;
  if (in.reader.has("mode")) need.mode = in.reader.mode("mode", 0644);
  const bool keep = in.reader.text("owner", "0:0") == "source";
  if (!keep) need.owner = read_owner(in.reader);
  need.times = in.reader.flag("times", true);
  need.exclude = in.reader.texts("exclude");
  return need;
}

// What says how a source is taken says nothing about content.
void refuse_source_keys(const StepContext& in) {
  static_cast<void>(read_need(in, {}));
  if (in.reader.has("source")) in.reader.error("content", "stands beside 'source'; one is enough");
  for (const char* key : {"times", "exclude"})
    if (in.reader.has(key) && !in.reader.has("source")) in.reader.error(key, "goes with 'source', not with 'content'");
}

}  // namespace

void read_file(const StepContext& in) {
  // What fits a pattern may be put right below the root.
  const bool is_pattern = has_wildcards(in.reader.text("source"));
  const std::string path = is_pattern ? in.reader.clean_path("path") : read_path(in.reader, "path");
  const bool is_inline = in.reader.has("content");
  in.step.step.name = sys::cat("file ", path);
  if (is_inline) {
    read_inline(in, path);
    return refuse_source_keys(in);
  }
  if (!in.reader.require("source")) return;
  FileNeed need = read_need(in, path);
  if (auto status = check_source(need); !status) in.reader.error("source", status.error().text());
  in.step.step.action = transport::FileStep{};
  in.step.need = std::move(need);
}

}  // namespace frontend
