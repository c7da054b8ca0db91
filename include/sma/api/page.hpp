// Endpoint of the web pages: GET /, GET /docs, and the scripts, styles and samples that they load.
#pragma once

#include "sma/http/endpoint.hpp"

namespace sma::api {

/// Answers from files that are built into the program: "/" is page/index.html, "/docs" page/docs.html, and
/// "/assets/{file}" what else there is. I/O thread; has no state.
class page : public http::endpoint {
public:
    boost::asio::awaitable<http::response> handle(http::request& r) override;
};

}  // namespace sma::api
