#include "frontend/nodectl/metrics_text.h"

#include <string_view>

#include "frontend/nodectl/json_text.h"
#include "sys/text.h"

namespace frontend {
namespace {

using transport::Metric;

std::string_view type_of(const Metric& metric) {
  return metric.kind == transport::MetricKind::counter ? "counter" : "gauge";
}

// Escaped as the format wants it: a backslash, the end of a line, and, within quotes, the quote.
std::string escaped(std::string_view text, bool quoted) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '\n' || (quoted && c == '"')) out += '\\';
    out += c == '\n' ? 'n' : c;
  }
  return out;
}

std::string labels_of(const Metric& metric) {
  std::string out;
  for (const transport::MetricLabel& label : metric.labels)
    out += sys::cat(out.empty() ? "{" : ",", label.name, "=\"", escaped(label.value, true), '"');
  return out.empty() ? out : out + '}';
}

Json metric_json(const Metric& metric) {
  Json labels = Json::object();
  for (const transport::MetricLabel& label : metric.labels)
    labels[label.name] = label.value;
  return {{"name", metric.name},
          {"type", type_of(metric)},
          {"labels", std::move(labels)},
          {"value", metric.value},
          {"help", metric.help}};
}

}  // namespace

std::string metrics_text(const std::vector<Metric>& metrics) {
  std::string out;
  std::string_view name;  // said last
  for (const Metric& metric : metrics) {
    if (metric.name != name) {
      out += sys::cat("# HELP ", metric.name, ' ', escaped(metric.help, false), '\n');
      out += sys::cat("# TYPE ", metric.name, ' ', type_of(metric), '\n');
    }
    name = metric.name;
    out += sys::cat(metric.name, labels_of(metric), ' ', metric.value, '\n');
  }
  return out;
}

std::string metrics_json(const std::vector<Metric>& metrics) {
  Json array = Json::array();
  for (const Metric& metric : metrics)
    array.push_back(metric_json(metric));
  return json_listing(array);
}

}  // namespace frontend
