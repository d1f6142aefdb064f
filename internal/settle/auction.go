package settle

import (
	"fmt"
	"math/big"

	"tenderbatch/internal/allocate"
	"tenderbatch/internal/tender"
)

// inAuction is the rate for a tender of an auction, whose price is that of the step in which
// it was accepted and has the early payment in it. A price that is not known is an error, as
// the terms have none that could be paid instead.
func (r rate) inAuction(o *tender.Offer, in *tender.Line, a *allocate.Result, line allocate.Line) (rate, error) {
	auction := o.AuctionOf(in.Series)
	if auction == nil {
		return r, nil
	}
	for _, share := range a.Steps[line.Step].Shares {
		if share.Series != in.Series || share.Window != in.Window || share.Price.Sign() <= 0 {
			continue
		}
		price := new(big.Rat).Sub(perThousand(share.Price), r.earlyPayment.exact)
		r.consideration = newUnit(price, r.currency)
		return r, nil
	}
	return r, fmt.Errorf("instruction %s: what is paid for it in the auction %s is not known", in.ID, auction.Name)
}
