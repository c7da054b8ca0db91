#include "joined_header.hpp"

namespace sma::http {

std::string joined_header(request const& r, std::string_view name) {
    std::string all;
    auto const [begin, end] = r.headers.equal_range(boost::beast::string_view(name.data(), name.size()));
    for (auto line = begin; line != end; ++line) {
        if (!all.empty()) all += ',';
        all.append(line->value().data(), line->value().size());
    }
    return all;
}

}  // namespace sma::http
