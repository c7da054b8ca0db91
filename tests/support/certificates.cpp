#include "certificates.hpp"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace sma::test {
namespace {

using key_ptr = std::shared_ptr<EVP_PKEY>;
using certificate_ptr = std::shared_ptr<X509>;

constexpr long minute_s = 60;
constexpr long hour_s = 3600;

template <class T>
T* made(T* pointer) {
    if (pointer == nullptr) throw std::runtime_error("OpenSSL could not make a test's certificate");
    return pointer;
}

key_ptr make_key() { return {made(EVP_EC_gen("P-256")), &EVP_PKEY_free}; }

void add_extension(X509* to, int id, char const* value) {
    std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> const extension(
        made(X509V3_EXT_conf_nid(nullptr, nullptr, id, value)), &X509_EXTENSION_free);
    X509_add_ext(to, extension.get(), -1);
}

void set_serial(X509* certificate) {
    unsigned char bytes[8];
    RAND_bytes(bytes, sizeof bytes);
    bytes[0] &= 0x7f;
    std::unique_ptr<BIGNUM, decltype(&BN_free)> const number(made(BN_bin2bn(bytes, sizeof bytes, nullptr)), &BN_free);
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
}

certificate_ptr make_certificate(std::string const& common_name, EVP_PKEY* key, long from_s, long until_s) {
    certificate_ptr certificate(made(X509_new()), &X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    set_serial(certificate.get());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until_s);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<unsigned char const*>(common_name.c_str()), -1, -1, 0);
    return certificate;
}

template <class Write>
std::string pem(Write write) {
    std::unique_ptr<BIO, decltype(&BIO_free)> const out(made(BIO_new(BIO_s_mem())), &BIO_free);
    if (write(out.get()) != 1) throw std::runtime_error("OpenSSL could not write PEM");
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(out.get(), &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
    return pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
    return pem([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

}  // namespace

test_authority::test_authority()
    : key_(make_key()), certificate_(make_certificate("a test's authority", key_.get(), -minute_s, hour_s)) {
    X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
    add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

std::string test_authority::certificate() const { return pem_of(certificate_.get()); }

key_pair test_authority::issue(std::string const& common_name) const { return issue(common_name, -minute_s, hour_s); }

key_pair test_authority::issue_expired(std::string const& common_name) const {
    return issue(common_name, -hour_s, -minute_s);
}

key_pair test_authority::issue(std::string const& common_name, long from_s, long until_s) const {
    auto const key = make_key();
    auto const certificate = make_certificate(common_name, key.get(), from_s, until_s);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    return {pem_of(certificate.get()), pem_of(key.get())};
}

std::string encrypted(std::string const& key) {
    std::unique_ptr<BIO, decltype(&BIO_free)> const in(made(BIO_new_mem_buf(key.data(), static_cast<int>(key.size()))),
                                                       &BIO_free);
    key_ptr const plain(made(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr)), &EVP_PKEY_free);
    unsigned char passphrase[] = "secret";
    return pem([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, plain.get(), EVP_aes_256_cbc(), passphrase, sizeof passphrase - 1, nullptr,
                                        nullptr);
    });
}

}  // namespace sma::test
