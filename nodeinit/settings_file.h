// The configuration file of the image, read and parsed without risk to PID 1: the parser runs in a worker process, so
// that a file that crashes it, hangs it or makes it run wild costs the file's settings and nothing else.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "nodeinit/settings.h"
#include "sys/files.h"
#include "sys/worker.h"

namespace node {

struct FileSettings {
  std::vector<Assignment> assignments;
  std::vector<std::string> problems;
};

// Calls `done` once, possibly before it returns. No file is no problem.
void read_settings_file(sys::Files& files, sys::Workers& workers, const std::string& path,
                        std::function<void(FileSettings)> done);

}  // namespace node
