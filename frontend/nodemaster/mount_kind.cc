#include "frontend/nodemaster/step_kinds.h"
#include "sys/text.h"

namespace frontend {

void read_mount(const StepContext& in) {
  transport::MountStep action;
  action.target = in.reader.clean_path("target");
  in.reader.require("type");
  action.type = in.reader.text("type");
  action.options = in.reader.text("options");
  action.source = in.reader.text("source", action.type);
  if (action.type.size() > 64) in.reader.error("type", "must have at most 64 bytes");
  const bool needs_source = action.type.starts_with("nfs");
  if (needs_source && !in.reader.has("source")) in.reader.error("type", sys::cat(action.type, " needs 'source'"));
  if (action.type == "bind" || action.type == "rbind") (void)in.reader.clean_path("source");
  if (action.target == "/") in.reader.warn("target", "a mount on / hides everything that the node has");
  in.step.step.name = sys::cat("mount ", action.target);
  in.step.step.action = std::move(action);
}

}  // namespace frontend
