// The directory of the front end's keys, which is worth no more than who may write to it: he may put other keys there.
#pragma once

#include <string>

#include "sys/files.h"
#include "sys/result.h"

namespace frontend {

// Who else may write to `directory`, and the cure; empty when nobody may, or there is none.
sys::Result<std::string> weakness_of_key_directory(sys::Files& files, const std::string& directory);

}  // namespace frontend
