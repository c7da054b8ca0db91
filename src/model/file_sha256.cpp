#include "sma/model/file_sha256.hpp"

#include "sma/core/hexadecimal.hpp"
#include "sma/model/file_bytes.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <vector>

namespace sma::model {

namespace {

using digest = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

result<> add(digest& sum, std::filesystem::path const& file) {
    std::error_code failed;
    if (std::filesystem::is_directory(file, failed)) return file_error(file, "read", EISDIR);
    errno = 0;
    // Read, not mapped: a file that shrinks meanwhile is then no more than a wrong sum.
    std::ifstream in(file, std::ios::binary);
    if (!in) return file_error(file, "opened", errno ? errno : EIO);
    std::vector<char> block(1U << 20U);
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        EVP_DigestUpdate(sum.get(), block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return file_error(file, "read", errno ? errno : EIO);
    return {};
}

}  // namespace

result<std::string> file_sha256(std::filesystem::path const& file) { return files_sha256({file}); }

result<std::string> files_sha256(std::vector<std::filesystem::path> const& files) {
    digest sum(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!sum || EVP_DigestInit_ex(sum.get(), EVP_sha256(), nullptr) != 1)
        return error(errc::unsupported, "OpenSSL has no SHA-256");
    for (auto const& file : files)
        if (auto const added = add(sum, file); !added) return added.error();
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned length = 0;
    EVP_DigestFinal_ex(sum.get(), bytes.data(), &length);
    return to_hexadecimal({reinterpret_cast<char const*>(bytes.data()), length});
}

}  // namespace sma::model
