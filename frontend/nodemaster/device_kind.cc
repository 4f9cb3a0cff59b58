#include <array>

#include "frontend/nodemaster/step_kinds.h"
#include "sys/text.h"

namespace frontend {
namespace {

struct WellKnown {
  std::string_view name;
  std::uint32_t major;
  std::uint32_t minor;
  std::uint32_t mode;
};
// Documentation/admin-guide/devices.txt of the kernel; modes as distributions have them.
constexpr WellKnown well_known[] = {
    {"null", 1, 3, 0666},    {"zero", 1, 5, 0666},    {"full", 1, 7, 0666}, {"random", 1, 8, 0666},
    {"urandom", 1, 9, 0666}, {"tty", 5, 0, 0666},     {"ptmx", 5, 2, 0666}, {"console", 5, 1, 0600},
    {"kmsg", 1, 11, 0644},   {"fuse", 10, 229, 0666},
};

std::string well_known_names() {
  std::string names;
  for (const WellKnown& device : well_known)
    names += sys::cat(names.empty() ? "" : ", ", device.name);
  return names;
}

void add_well_known(const StepContext& in, const std::string& folder, const std::string& name,
                    transport::DeviceStep& action) {
  for (const WellKnown& device : well_known) {
    if (device.name != name) continue;
    action.devices.push_back({sys::cat(folder, "/", name), false, device.major, device.minor, device.mode, 0, 0});
    return;
  }
  in.reader.error("set", sys::cat("'", sys::printable(name, 64), "' is none of ", well_known_names(),
                                  "; give it a step of its own, with its numbers"));
}

void read_set(const StepContext& in) {
  transport::DeviceStep action;
  const std::string folder = in.reader.has("path") ? in.reader.clean_path("path") : "/dev";
  for (const std::string& name : in.reader.texts("set"))
    add_well_known(in, folder == "/" ? "" : folder, name, action);
  if (in.reader.texts("set").empty()) in.reader.error("set", "names no device");
  in.step.step.name = sys::cat("devices in ", folder);
  in.step.step.action = std::move(action);
}

}  // namespace

void read_device(const StepContext& in) {
  if (in.reader.has("set")) return read_set(in);
  transport::DeviceEntry device;
  device.path = read_path(in.reader, "path");
  in.reader.require("type");
  const std::string type = in.reader.text("type", "char");
  device.block = type == "block";
  if (type != "block" && type != "char") {
    in.reader.error("type", sys::cat("is \"", sys::printable(type), "\", must be \"char\" or \"block\""));
  }
  in.reader.require("major");
  in.reader.require("minor");
  device.major = static_cast<std::uint32_t>(in.reader.number("major", 0, 4095, 0));
  device.minor = static_cast<std::uint32_t>(in.reader.number("minor", 0, 1048575, 0));
  device.mode = in.reader.mode("mode", device.mode);
  const FileOwner owner = read_owner(in.reader);
  device.uid = owner.uid;
  device.gid = owner.gid;
  in.step.step.name = sys::cat("device ", device.path);
  in.step.step.action = transport::DeviceStep{{std::move(device)}};
}

}  // namespace frontend
