// Parser for a server's reply to POST /predict.
#pragma once

#include "sma/batch/record.hpp"

#include "sma/client/http_connection.hpp"

namespace sma::batch {

enum class reply_kind {
    final,     ///< the file's record
    refused,   ///< 429, 502, 503, 504: ask again later
    hopeless,  ///< 401, 403, 404, 405: no file would fare better
};
reply_kind kind_of_status(unsigned status) noexcept;

/// Writes predictions or a failure into `r`. A response that does not match the contract becomes BAD_RESPONSE or
/// HTTP_<status>.
void read_reply(client::http_reply const& reply, record& r);

}  // namespace sma::batch
