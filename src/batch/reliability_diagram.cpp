#include "sma/batch/reliability_diagram.hpp"

#include "text.hpp"

namespace sma::batch {
namespace {

constexpr double side = 240;  // of a panel, in pixels
constexpr double margin = 48;
constexpr double width = 2 * side + 3 * margin;
constexpr double height = side + 2 * margin;

std::string bars(reliability const& r, double x, double y) {
    std::string out;
    auto const bin_width = side / static_cast<double>(r.bins.size());
    for (std::size_t i = 0; i < r.bins.size(); ++i) {
        auto const& bin = r.bins[i];
        if (bin.photos == 0) continue;
        out += formatted(
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#3b6fb6\">"
            "<title>%llu photos, confidence %.3f, right %.3f</title></rect>\n",
            x + static_cast<double>(i) * bin_width, y + side * (1 - bin.accuracy), bin_width - 1, side * bin.accuracy,
            static_cast<unsigned long long>(bin.photos), bin.confidence, bin.accuracy);
    }
    return out;
}

std::string axes(double x, double y) {
    std::string out = formatted(
        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"none\" "
        "stroke=\"#888\"/>\n<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
        "stroke=\"#b3462d\" stroke-dasharray=\"4\"/>\n",
        x, y, side, side, x, y + side, x + side, y);
    for (double const tick : {0.0, 0.5, 1.0}) {
        out += formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.1f</text>\n", x + side * tick,
                         y + side + 16, tick);
        out += formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>\n", x - 6,
                         y + side * (1 - tick) + 4, tick);
    }
    return out + formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">confidence</text>\n", x + side / 2,
                           y + side + 34);
}

std::string panel(reliability const& r, double x, std::string const& title) {
    return formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x + side / 2, margin - 12) + title +
           formatted(": calibration error %.4f</text>\n", r.error) + bars(r, x, margin) + axes(x, margin);
}

}  // namespace

std::string reliability_diagram(temperature_report const& report) {
    return formatted(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
               "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"12\">\n"
               "<title>Reliability: share of right predictions by confidence</title>\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
               width, height, width, height) +
           panel(report.before, margin, "before") +
           panel(report.after, side + 2 * margin, formatted("temperature %.3f", report.temperature)) + "</svg>\n";
}

}  // namespace sma::batch
