// Keys as text, one to a file: "KIND DIGITS", a word that says what it is and 64 hexadecimal digits. So a public key is not
// taken for a secret one, nor the other way round.
#pragma once

#include <string>
#include <string_view>

#include "crypto/keys.h"
#include "sys/files.h"
#include "sys/result.h"

namespace crypto {

enum class KeyKind { front_end_secret, front_end_public, cluster };

// Names within a directory of keys.
constexpr char front_end_secret_file[] = "front-end.key";
constexpr char front_end_public_file[] = "front-end.pub";
constexpr char cluster_file[] = "cluster.key";

// A line, with its end.
std::string format_key(KeyKind kind, std::span<const std::uint8_t, key_size> key);

// A public key of low order is refused. Errors name `path` and never quote what may be a secret. An absent file is an error with code ENOENT.
sys::Result<Secret> read_secret(sys::Files& files, const std::string& path, KeyKind kind);
sys::Result<PublicKey> read_public(sys::Files& files, const std::string& path);

}  // namespace crypto
