#include "sma/client/tls_client_options.hpp"

#include <boost/asio/ssl/context.hpp>

namespace sma::client {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

error unusable(std::string_view what, std::string const& file, error_code const& why) {
    return error(errc::validation_error, std::string(what) + " " + file + ": cannot be used: " + why.message());
}

}  // namespace

result<std::shared_ptr<ssl::context>> make_tls_client(tls_client_options const& options) {
    auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
    made->set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    error_code failed;
    if (!options.verify) {
        made->set_verify_mode(ssl::verify_none);
    } else {
        made->set_verify_mode(ssl::verify_peer);
        if (options.ca_file.empty())
            made->set_default_verify_paths(failed);
        else
            made->load_verify_file(options.ca_file, failed);
        if (failed) return unusable("the file of trusted certificates", options.ca_file, failed);
    }
    if (options.certificate.empty()) return made;
    made->use_certificate_chain_file(options.certificate, failed);
    if (failed) return unusable("the client's certificate", options.certificate, failed);
    made->use_private_key_file(options.key, ssl::context::pem, failed);
    if (failed) return unusable("the client's key", options.key, failed);
    return made;
}

}  // namespace sma::client
