#include "sma/model/file_sha256.hpp"

#include "file_bytes.hpp"
#include "sma/core/hexadecimal.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <memory>
#include <vector>

namespace sma::model {

result<std::string> file_sha256(std::filesystem::path const& file) {
    std::error_code failed;
    if (std::filesystem::is_directory(file, failed)) return file_error(file, "read", EISDIR);
    errno = 0;
    // Read, not mapped: a file that shrinks meanwhile is then no more than a wrong sum.
    std::ifstream in(file, std::ios::binary);
    if (!in) return file_error(file, "opened", errno ? errno : EIO);
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        return error(errc::unsupported, "OpenSSL has no SHA-256");
    std::vector<char> block(1U << 20U);
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        EVP_DigestUpdate(context.get(), block.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return file_error(file, "read", errno ? errno : EIO);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    return to_hexadecimal({reinterpret_cast<char const*>(digest.data()), length});
}

}  // namespace sma::model
