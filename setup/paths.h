// What all steps that make something at a path have in common.
#pragma once

#include <string>
#include <string_view>

#include "sys/files.h"
#include "sys/result.h"

namespace setup {

// Refuses what is not a clean path (sys/path.h); / itself too.
sys::Status check_path(std::string_view path);

// Checks the path and makes the directories above it that are missing.
sys::Status make_room(sys::Files& files, const std::string& path);

// "a directory", "a symbolic link of uid 0": for messages.
std::string what_is(const sys::FileFacts& facts);

// Whether owner, group and mode of what is there are as wanted.
bool owned_as(const sys::FileFacts& facts, const sys::Ownership& wanted);

// What is in a user's directory stays that user's when the directory gets another owner, and so does a way in by a
// descriptor that is open. The user's own directory, and root's, may be given to the user.
bool may_be_given(const sys::FileFacts& there, const sys::Ownership& owner);

// Makes a symbolic link at `path`, in one step, in place of a link or a file that is there.
sys::Status put_link(sys::Files& files, const std::string& target, const std::string& path);

}  // namespace setup
