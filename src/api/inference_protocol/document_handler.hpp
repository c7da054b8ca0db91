// Handler for Boost.JSON's streaming parser, for inference requests.
#pragma once

#include "parameters.hpp"
#include "request_document.hpp"

#include <boost/json/error.hpp>
#include <boost/json/string_view.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sma::api::inference_protocol {

/// Tracks its position in the document as a stack of places. Belongs to one parser. The names of its functions are
/// Boost's; a result of false stops the parser, and `failure` has the reason.
class document_handler {
public:
    using view = boost::json::string_view;
    using code = boost::json::error_code;

    static constexpr std::size_t depth_max = 16;
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_key_size = 1024;
    static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

    explicit document_handler(document_limits const& limits) : limits_(limits) {}

    bool on_document_begin(code&) { return true; }
    bool on_document_end(code&) { return true; }
    bool on_object_begin(code& ec);
    bool on_object_end(std::size_t, code&) { return leave(); }
    bool on_array_begin(code& ec);
    bool on_array_end(std::size_t, code&) { return leave(); }
    bool on_key_part(view part, std::size_t, code&) { return add_part(part); }
    bool on_key(view last, std::size_t size, code&);
    bool on_string_part(view part, std::size_t, code&) { return add_part(part); }
    bool on_string(view last, std::size_t size, code& ec);
    bool on_number_part(view, code&) { return true; }
    bool on_int64(std::int64_t value, view, code& ec);
    bool on_uint64(std::uint64_t value, view, code& ec);
    bool on_double(double value, view, code& ec);
    bool on_bool(bool value, code& ec) { return take(value, ec); }
    bool on_null(code& ec) { return take(nullptr, ec); }
    bool on_comment_part(view, code&) { return true; }
    bool on_comment(view, code&) { return true; }

    request_document document;
    std::string failure;  ///< not empty: what was expected

private:
    enum class place {
        top,
        request,
        request_parameters,
        inputs,
        input,
        input_parameters,
        shape,
        data,
        outputs,
        output,
        output_parameters,
        ignored
    };
    using scalar = parameter_value;

    place here() const noexcept { return places_[depth_]; }
    bool enter(place p) noexcept;
    bool leave() noexcept;
    bool fail(std::string what, code& ec);
    bool add_part(view part);
    std::string_view whole(view last, std::size_t size);

    place object_in(place parent) const noexcept;
    place array_in(place parent) const noexcept;
    bool begin(place p, code& ec);
    bool begin_data(code& ec);
    bool take(scalar const& value, code& ec);
    bool take_member(scalar const& value, code& ec);
    bool take_dimension(scalar const& value, code& ec);
    bool take_number(double value, code& ec);
    bool take_file(std::string_view base64, code& ec);
    bool take_parameter(scalar const& value, code& ec);
    bool take_text(std::optional<std::string>& to, scalar const& value, code& ec);

    document_limits const limits_;
    std::array<place, depth_max + 2> places_{place::top};
    std::size_t depth_ = 0;
    std::string key_;
    std::string parts_;  ///< of a key or string that does not stand in one piece in the text
};

}  // namespace sma::api::inference_protocol
