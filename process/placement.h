// Where the files of a moved program stand on the node: docs/ARCHITECTURE.md, "Moved programs".
//
//   at the file's own path there is      on the root file system        on another file system
//   -----------------------------------  -----------------------------  ---------------------------------
//   this very content, linked            nothing to do                  (cannot be)
//   a file with this content, or links   nothing to do, and the cache   left alone
//   of root that lead to one             gives its own copy up for it
//   another regular file, or a link      replaced in one step, or       left alone
//                                        refused (may_replace)
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
// What a user brings along who is no admin does not take the place of what comes from the image or the plan: of what earlier
// launches have placed only.
//
// Everything here may block on a dead file system: it runs in the child that is about to become the program.
#pragma once

#include <functional>
#include <set>
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
  bool may_replace = true;          // any other file, or only what stands at one of these paths
  std::set<std::string> replaceable = {};
};

// Refuses what may not be placed on any node, before anything is fetched for it.
sys::Status check_entries(const std::vector<transport::FileEntry>& entries);

// Removes what a content that is to go has been given: its names at `places`, those that are still the file `cached` and not
// `spared`, its name as a program that runs from the cache, and `cached` itself. Where that is not the file that was fetched
// (`inode`), it is one that a step has put at some of the places: they stay.
struct Removal {
  transport::ContentHash hash{};
  std::string cached;
  std::uint64_t inode = 0;
  std::vector<std::string> places;
};
sys::Status remove_placed(sys::Files& files, const Removal& removal,
                          const std::function<bool(const sys::FileFacts&)>& spared);

// Places all entries; returns the path to execute (empty: request.program, which is not among the entries).
sys::Result<std::string> place(sys::Files& files, const PlacementRequest& request);

}  // namespace process
