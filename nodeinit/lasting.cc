#include "nodeinit/lasting.h"

namespace node {

void Lasting::note(const transport::Setup& part) {
  if (part.plan != plan_) {
    plan_ = part.plan;
    named_.clear();
    limited_.clear();
  }
  for (const std::string& name : part.spared) {
    named_.insert(name);
    services_.leave(name);
  }
  for (const transport::Step& step : part.steps) {
    if (std::holds_alternative<transport::ServiceStep>(step.action)) named_.insert(step.name);
    if (const auto* limits = std::get_if<transport::LimitsStep>(&step.action)) {
      for (const transport::LimitEntry& limit : limits->limits)
        limited_.insert(limit.resource);
    }
  }
}

void Lasting::plan_done() {
  services_.keep_only(named_);
  limits_.keep_only(limited_);
}

}  // namespace node
