// nodemaster keygen: makes the keys that tie nodes to their front end.
#pragma once

#include <string>

#include "crypto/random.h"
#include "sys/files.h"
#include "sys/result.h"

namespace frontend {

struct KeygenResult {
  std::string report;  // what has been made, and what to do with it
};

// Makes `directory` (a clean absolute path) unless it is there, and in it front-end.key (0600), front-end.pub (0644) and,
// when wanted, cluster.key (0600). Nothing is overwritten: with any of the files there, nothing is made. After an error
// nothing of it is left, or the error says what could not be removed.
sys::Result<KeygenResult> make_keys(sys::Files& files, const crypto::Random& random, const std::string& directory,
                                    bool with_cluster_key);

}  // namespace frontend
