// API keys: their names, SHA-256 hashes and rates.
#pragma once

#include "sma/core/error.hpp"
#include "sma/http/token_bucket.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::http {

struct request;

inline constexpr std::size_t api_keys_max = 1'000;
inline constexpr std::size_t api_keys_file_bytes_max = 1024 * 1024;

struct api_key {
    std::string name;                      ///< for the log: 1 to 64 characters of [A-Za-z0-9._-]
    std::array<unsigned char, 32> hash{};  ///< SHA-256 of the key's bytes
    std::optional<request_rate> rate{};    ///< its own, in place of everybody's
};

/// Immutable after construction, hence thread-safe.
class api_keys {
public:
    /// The text of a file: `name sha256-hex [requests_per_s [burst]]` a line, empty lines and `#` comments between. At
    /// least one key, at most api_keys_max, no name and no key twice. Error: invalid_setting, with the line's number.
    static result<api_keys> parse(std::string_view text);

    /// Null if there is no such key. Compares with every key in constant time, so that the time tells nothing about a
    /// key.
    api_key const* find(std::string_view key) const noexcept;
    bool has_name(std::string_view name) const noexcept;
    std::size_t size() const noexcept { return keys_.size(); }

private:
    explicit api_keys(std::vector<api_key> keys) : keys_(std::move(keys)) {}

    std::vector<api_key> keys_;
};

/// The key of a request: `X-API-Key: KEY`, else `Authorization: Bearer KEY`; empty if none.
std::string_view key_of(request const& r) noexcept;

/// Reads a file of keys, and logs a warning if every user of the machine can read or change it. Blocks. Error:
/// invalid_setting, which names the file.
result<std::shared_ptr<api_keys const>> load_api_keys(std::filesystem::path const& file);

}  // namespace sma::http
