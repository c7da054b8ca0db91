#include "request_document.hpp"

#include "byte_order_mark.hpp"
#include "document_handler.hpp"
#include "validation_error.hpp"

#include <boost/json/basic_parser_impl.hpp>

namespace sma::api::inference_protocol {

namespace json = boost::json;

result<request_document> parse_document(std::string_view text, document_limits const& limits) {
    text = without_byte_order_mark(text);
    json::parse_options options;
    options.max_depth = document_handler::depth_max;
    json::basic_parser<document_handler> parser(options, limits);
    json::error_code failure;
    auto const read = parser.write_some(false, text.data(), text.size(), failure);
    auto& handler = parser.handler();
    if (!handler.failure.empty()) return validation_error(std::move(handler.failure));
    if (failure == json::error::too_deep)
        return error(errc::malformed_request, "the request's JSON is nested deeper than " +
                                                  std::to_string(document_handler::depth_max) + " levels");
    if (!failure && read < text.size()) failure = json::error::extra_data;
    if (failure)
        return error(errc::malformed_request, "the request is not valid JSON: " + failure.message() + " at byte " +
                                                  std::to_string(read) + " of " + std::to_string(text.size()));
    return std::move(handler.document);
}

}  // namespace sma::api::inference_protocol
