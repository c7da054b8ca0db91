#include "sma/http/api_keys.hpp"

#include "sma/core/hexadecimal.hpp"
#include "sma/core/parse_number.hpp"

#include "sma/core/logging.hpp"
#include "sma/http/request.hpp"

#include <boost/beast/core/string.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace sma::http {
namespace {

using hash = std::array<unsigned char, 32>;

constexpr std::size_t name_bytes_max = 64;
constexpr double requests_max = 1e6;
constexpr std::string_view blanks = " \t\r";

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    line = line.substr(0, line.find('#'));
    for (auto begin = line.find_first_not_of(blanks); begin != line.npos; begin = line.find_first_not_of(blanks)) {
        line.remove_prefix(begin);
        words.push_back(line.substr(0, line.find_first_of(blanks)));
        line.remove_prefix(words.back().size());
    }
    return words;
}

bool is_name(std::string_view text) noexcept {
    return text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), [](unsigned char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '_' || c == '-';
           });
}

std::optional<hash> parse_hash(std::string_view hex) {
    hash bytes;
    if (hex.size() != 2 * bytes.size()) return std::nullopt;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        int const byte = hex_byte(hex[2 * i], hex[2 * i + 1]);
        if (byte < 0) return std::nullopt;
        bytes[i] = static_cast<unsigned char>(byte);
    }
    return bytes;
}

std::optional<double> parse_count(std::string_view text, double least) {
    auto const value = parse_number<double>(text);
    if (!value || !(*value >= least && *value <= requests_max)) return std::nullopt;
    return value;
}

result<request_rate> parse_rate(std::vector<std::string_view> const& words) {
    request_rate rate;
    auto const per_s = parse_count(words[2], 0);
    if (!per_s) return error(errc::invalid_setting, "requests_per_s must be a number from 0 to 1000000");
    rate.per_s = *per_s;
    if (words.size() == 3) return rate;
    auto const burst = parse_count(words[3], 1);
    if (!burst) return error(errc::invalid_setting, "burst must be a number from 1 to 1000000");
    rate.burst = *burst;
    return rate;
}

/// One line that is neither empty nor a comment. Its text is never part of a message: it could be a key.
result<api_key> parse_line(std::vector<std::string_view> const& words) {
    if (!is_name(words[0]))
        return error(errc::invalid_setting, "a name must have 1 to 64 characters of A-Z a-z 0-9 . _ -");
    if (words.size() < 2 || words.size() > 4)
        return error(errc::invalid_setting, "expected: name sha256-hex [requests_per_s [burst]]");
    auto const bytes = parse_hash(words[1]);
    if (!bytes) return error(errc::invalid_setting, "expected a key's SHA-256 as 64 hexadecimal digits");
    api_key key{std::string(words[0]), *bytes};
    if (words.size() == 2) return key;
    auto const rate = parse_rate(words);
    if (!rate) return rate.error();
    key.rate = *rate;
    return key;
}

error in_line(std::size_t number, std::string const& what) {
    return error(errc::invalid_setting, "line " + std::to_string(number) + ": " + what);
}

error cannot_read(std::string const& name, int code) {
    return error(errc::invalid_setting, name + ": cannot be read: " + std::generic_category().message(code));
}

void warn_of_readers(std::string const& name, mode_t mode) {
    if ((mode & (S_IROTH | S_IWOTH)) == 0) return;
    log::warn("the API key file is accessible to every user of this machine", {{"file", name}, {"wanted", "chmod o="}});
}

}  // namespace

result<api_keys> api_keys::parse(std::string_view text) {
    std::vector<api_key> keys;
    std::set<std::string> names;
    std::set<hash> hashes;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        auto const words = words_of(line);
        if (words.empty()) continue;
        auto key = parse_line(words);
        if (!key) return in_line(number, key.error().message);
        if (!names.insert(key->name).second) return in_line(number, "duplicate name " + key->name);
        if (!hashes.insert(key->hash).second) return in_line(number, "duplicate key of " + key->name);
        if (keys.size() == api_keys_max) return in_line(number, "more than " + std::to_string(api_keys_max) + " keys");
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) return error(errc::invalid_setting, "expected at least one key");
    return api_keys(std::move(keys));
}

api_key const* api_keys::find(std::string_view key) const noexcept {
    hash wanted{};
    if (EVP_Digest(key.data(), key.size(), wanted.data(), nullptr, EVP_sha256(), nullptr) != 1) return nullptr;
    api_key const* found = nullptr;
    for (auto const& candidate : keys_)
        if (CRYPTO_memcmp(candidate.hash.data(), wanted.data(), wanted.size()) == 0) found = &candidate;
    return found;
}

bool api_keys::has_name(std::string_view name) const noexcept {
    return std::any_of(keys_.begin(), keys_.end(), [name](api_key const& k) { return k.name == name; });
}

std::string_view key_of(request const& r) noexcept {
    if (auto const own = r.header("X-API-Key"); !own.empty()) return own;
    constexpr std::string_view scheme = "Bearer ";
    auto const text = r.header("Authorization");
    auto const its_scheme = text.substr(0, scheme.size());
    if (!boost::beast::iequals({its_scheme.data(), its_scheme.size()}, {scheme.data(), scheme.size()})) return {};
    auto const begin = text.find_first_not_of(' ', scheme.size());
    return begin == text.npos ? std::string_view() : text.substr(begin);
}

result<std::shared_ptr<api_keys const>> load_api_keys(std::filesystem::path const& file) {
    auto const name = "api_keys_file " + file.string();
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0) return cannot_read(name, errno);
    if (S_ISDIR(found.st_mode)) return cannot_read(name, EISDIR);
    if (!S_ISREG(found.st_mode)) return error(errc::invalid_setting, name + ": is not a file");
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    if (!in) return cannot_read(name, errno != 0 ? errno : EIO);
    std::string text(api_keys_file_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return cannot_read(name, errno != 0 ? errno : EIO);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > api_keys_file_bytes_max)
        return error(errc::invalid_setting,
                     name + ": longer than " + std::to_string(api_keys_file_bytes_max) + " bytes");
    auto keys = api_keys::parse(text);
    if (!keys) return error(errc::invalid_setting, name + ": " + keys.error().message);
    warn_of_readers(file.string(), found.st_mode);
    return std::make_shared<api_keys const>(std::move(*keys));
}

}  // namespace sma::http
