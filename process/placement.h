// Where the files of a moved program stand on the node: docs/ARCHITECTURE.md, "Moved programs".
//
//   at the file's own path there is      on the root file system        on another file system
//   -----------------------------------  -----------------------------  ---------------------------------
//   this very content, linked            nothing to do                  (cannot be)
//   a file with this content, or links   nothing to do, and the cache   left alone
//   of root that lead to one             gives its own copy up for it
//   another regular file, or a link      replaced in one step           left alone
//   nothing                              linked from the cache          refused: nothing is written there
//   anything else                        refused                        left alone
//   no way: a link that others than      refused                        left alone
//   root have made stops it (the
//   link's file system counts)
//
// The program itself, where it would be left alone or refused for the file system's sake, is linked as
// /run/nodeinit/programs/HASH/NAME and run from there.
//
// A file that a step of the plan has put there stands for the content too: placement and steps do not undo each other's
// work, and the content is in memory once. It has to be root's, not to be written by others, and to be read by everybody;
// the program also to be executed. Content is compared by reading it, once: afterwards the cache has that very file.
//
// What is placed belongs to root and has mode 0755 or 0644, after the entry's execute bits: everybody on the node may
// read and run it. Set-id bits do not travel.
//
// Everything here may block on a dead file system: it runs in the child that is about to become the program.
#pragma once

#include <string>
#include <vector>

#include "sys/files.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace process {

struct PlacementRequest {
  std::string program;  // the entry with this path is the program
  std::vector<transport::FileEntry> entries;
  std::vector<std::string> cached;  // where the cache keeps the content of entries[i]
  std::string tag;                  // for temporary names: no other child has the same
};

// Refuses what may not be placed on any node, before anything is fetched for it.
sys::Status check_entries(const std::vector<transport::FileEntry>& entries);

// Places all entries; returns the path to execute (empty: request.program, which is not among the entries).
sys::Result<std::string> place(sys::Files& files, const PlacementRequest& request);

}  // namespace process
