// What a program brings along is placed on a node by root, for everybody there, at the paths that its caller names. An admin is
// trusted with that. Whoever else brings a file to a path must have it from that very path here: then a node's /lib/libc.so is
// the front end's, and whoever could put another one there has no need of a node.
//
// It is the content that is compared, as any content that a node knows by its hash may get to any path.
#pragma once

#include <vector>

#include "frontend/nodemaster/credentials.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

// EPERM names the first file that is not so. Blocks: it reads all of them, with the caller's rights.
sys::Status check_places(const std::vector<transport::FileEntry>& files, const Credentials& caller);

}  // namespace frontend
