#!/bin/sh
# Sets every kind of figure in a paper of three venues' widths with pdflatex, and checks what comes out.
#
#   Tools/latex_paper.sh STRATA FOLDER TRACE...     (traces with watched and generated tokens; FOLDER is made)
#
# Needs pdflatex (Debian's texlive-latex-base), pdffonts and qpdf. Ends with 1 when pdflatex, qpdf or a font is not as it should be.
set -eu
strata=$(realpath "$1")
folder=$2
shift 2
mkdir -p "$folder"
for venue in neurips icml acl; do
  case $venue in
  neurips) class='\documentclass[10pt]{article}\usepackage[paperwidth=8.5in,paperheight=11in,textwidth=5.5in,textheight=9in]{geometry}' ;;
  icml) class='\documentclass[10pt,twocolumn]{article}\usepackage[paperwidth=8.5in,paperheight=11in,textwidth=6.75in,textheight=9in,columnsep=0.25in]{geometry}' ;;
  acl) class='\documentclass[11pt,twocolumn]{article}\usepackage[a4paper,textwidth=16cm,textheight=24.7cm,columnsep=0.6cm]{geometry}' ;;
  esac
  paper=$folder/$venue.tex
  printf '%s\n\\usepackage{graphicx}\n\\begin{document}\n' "$class" > "$paper"
  for kind in $("$strata" kinds | cut -d' ' -f1); do
    span=full
    test "$kind" = token-ranks && span=column
    "$strata" draw "$@" --kind "$kind" --venue "$venue" --span "$span" -o "$folder/$venue-$kind.pdf" -o "$folder/$venue-$kind.tex" 2> "$folder/$venue-$kind.log" ||
      { cat "$folder/$venue-$kind.log"; exit 1; }
    for snippet in "$folder/$venue-$kind".tex "$folder/$venue-$kind"-[0-9]*.tex; do
      test -e "$snippet" || continue
      name=$(basename "$snippet" .tex)
      printf '\\input{%s}\n\\clearpage\n' "$name" >> "$paper"
    done
  done
  printf '\\end{document}\n' >> "$paper"
  (cd "$folder" && pdflatex -interaction=nonstopmode -halt-on-error "$venue.tex" > "$venue.out" 2>&1) || { tail -20 "$folder/$venue.out"; exit 1; }
  qpdf --check "$folder/$venue.pdf" > "$folder/$venue.qpdf" || { cat "$folder/$venue.qpdf"; exit 1; }
  fonts=$(pdffonts "$folder/$venue.pdf" | tail -n +3)
  echo "$fonts" | grep -q "Type 3" && { echo "$venue: a Type 3 font"; exit 1; }
  echo "$fonts" | grep -vq " yes yes \| yes no " && { echo "$venue: a font that is not embedded"; exit 1; }
  over=$(grep -c "^Overfull .hbox" "$folder/$venue.log" || true)
  echo "$venue: $(pdfinfo "$folder/$venue.pdf" | sed -n 's/^Pages: *//p') pages, $(echo "$fonts" | wc -l) fonts, none Type 3, all embedded; $over lines too wide"
done
