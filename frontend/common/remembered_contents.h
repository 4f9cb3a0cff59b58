// What files of this machine contain, by hash, remembered from one run of nodectl to the next: a program that has not changed
// is not read again each time that it is run.
//
// Each user has a file of that: $XDG_CACHE_HOME/nodeinit/known-files, else $HOME/.cache/nodeinit/known-files; root, whose
// $HOME may be somebody else's (sudo), /var/cache/nodeinit/known-files. When it is believed: content/known_files.h.
#pragma once

#include <string>

#include "content/known_files.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/result.h"
#include "transport/messages.h"

namespace frontend {

class RememberedContents {
 public:
  static constexpr std::size_t most = 1024;  // files; with more, those that were not asked for are forgotten

  // `path`: the file; empty: nothing is remembered.
  RememberedContents(sys::Files& files, sys::Clock& clock, std::string path);

  // Of a regular file. Reads it, unless it is known.
  sys::Result<transport::Content> of(const std::string& path);
  // For the next run. What cannot be kept is found again.
  void save();

 private:
  content::KnownFiles known_;
};

// Where this user's are; empty when the user has no home.
std::string remembered_contents_path();

}  // namespace frontend
